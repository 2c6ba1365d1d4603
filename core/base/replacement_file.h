// SPDX-License-Identifier: GPL-3.0-or-later

// A new file that takes the place of an old one only when it is complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// Writes go to a temporary file in the same folder, which is removed unless finish() succeeds.
/// Readers of the path see the old content or all of the new one.
class ReplacementFile {
public:
    /// Errors: output.not-writable, file.disk-full.
    static Expected<ReplacementFile> create(FileOps& ops, const std::filesystem::path& path);
    ReplacementFile(ReplacementFile&& other) noexcept
        : m_ops(other.m_ops),
          m_file(std::move(other.m_file)),
          m_path(std::move(other.m_path)),
          m_temporary(std::exchange(other.m_temporary, {})) {}
    ReplacementFile& operator=(ReplacementFile&&) = delete;
    ~ReplacementFile();

    const std::filesystem::path& path() const { return m_path; }
    /// Writes all of `from` at `offset`. Errors: file.disk-full, file.write.
    Expected<void> writeAt(std::span<const std::byte> from, std::uint64_t offset) const;
    /// fsync, rename, fsync of the folder; nothing is written afterwards.
    /// Errors: file.disk-full, file.write.
    Expected<void> finish();

private:
    ReplacementFile(FileOps& ops, File file, std::filesystem::path path,
                    std::filesystem::path temporary)
        : m_ops(&ops),
          m_file(std::move(file)),
          m_path(std::move(path)),
          m_temporary(std::move(temporary)) {}

    FileOps* m_ops;
    File m_file;
    std::filesystem::path m_path;
    std::filesystem::path m_temporary;  ///< empty once renamed or moved from
};

}  // namespace gridscope
