// SPDX-License-Identifier: GPL-3.0-or-later

// Lists folders during a scan: each real folder once, with a limit on all names together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

struct FolderListing {
    std::vector<std::string> files;              ///< everything that is no folder, native bytes
    std::vector<std::filesystem::path> folders;  ///< no links, none hidden; in natural order
};

class FolderLister {
public:
    explicit FolderLister(FileOps& ops) : m_ops(ops) {}

    /// The content of `folder`, or nothing if it was listed before, perhaps under another name.
    /// Errors: scan.not-folder, scan.too-large, file.*.
    Expected<std::optional<FolderListing>> list(const std::filesystem::path& folder);

private:
    Expected<bool> isNew(const std::filesystem::path& folder);

    FileOps& m_ops;
    std::set<std::pair<std::uint64_t, std::uint64_t>> m_seen;  ///< (device, inode)
    std::uint64_t m_names = 0;
};

/// The last component of `folder`, also of "." and of a path with a final slash.
std::string leafName(const std::filesystem::path& folder);

/// `folder` without its last component, made absolute first.
std::filesystem::path parentFolder(const std::filesystem::path& folder);

}  // namespace gridscope
