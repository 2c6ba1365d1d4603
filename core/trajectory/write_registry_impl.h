// SPDX-License-Identifier: GPL-3.0-or-later

// Which trajectory files this process has open for writing, by path and by (device, inode).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

namespace gridscope {

/// (device, inode)
using FileIdentity = std::pair<std::uint64_t, std::uint64_t>;

/// An entry of the registry; leaves it on destruction. HDF5 itself lets one process open a file
/// twice for writing, and a lock file cannot tell two owners in one process apart.
class WriteRegistration {
public:
    /// Nothing if `canonicalPath` or `identity` is registered already.
    static std::optional<WriteRegistration> claim(const std::filesystem::path& canonicalPath,
                                                  std::optional<FileIdentity> identity);
    WriteRegistration(WriteRegistration&& other) noexcept;
    WriteRegistration(const WriteRegistration&) = delete;
    WriteRegistration& operator=(const WriteRegistration&) = delete;
    WriteRegistration& operator=(WriteRegistration&&) = delete;
    ~WriteRegistration();

    /// After a rename the path leads to another inode.
    void setIdentity(FileIdentity identity);

private:
    explicit WriteRegistration(std::filesystem::path path) : m_path(std::move(path)) {}
    std::filesystem::path m_path;  ///< empty once moved from
};

}  // namespace gridscope
