// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/folder_lister.h"

#include <fcntl.h>

#include <algorithm>

#include "core/checkpoint/checkpoint_label.h"

namespace gridscope {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostNames = 1'000'000;

fs::path wholePath(const fs::path& folder) {
    std::error_code ignored;
    fs::path whole = fs::absolute(folder, ignored).lexically_normal();
    return whole.filename().empty() ? whole.parent_path() : whole;
}

}  // namespace

std::string leafName(const fs::path& folder) { return wholePath(folder).filename().string(); }

fs::path parentFolder(const fs::path& folder) { return wholePath(folder).parent_path(); }

Expected<bool> FolderLister::isNew(const fs::path& folder) {
    const int descriptor = m_ops.open(folder, O_RDONLY | O_NONBLOCK, 0);
    if (descriptor < 0) return fileError(folder, "open", -descriptor);
    const File handle(m_ops, descriptor);
    const auto status = handle.status();
    if (!status) return status.error().inside(folder.string());
    if (!status->isFolder)
        return Error{ErrorCode::ScanNotFolder, folder.string(), "is a file, a folder is needed",
                     "Choose the folder that holds it"};
    return m_seen.emplace(status->device, status->inode).second;
}

// By std::filesystem, which keeps names that are not UTF-8 (F02).
Expected<std::optional<FolderListing>> FolderLister::list(const fs::path& folder) {
    GRIDSCOPE_TRY_ASSIGN(fresh, isNew(folder));
    if (!fresh) return std::optional<FolderListing>();
    FolderListing listing;
    std::error_code error;
    fs::directory_iterator item(folder, error);
    for (; !error && item != fs::directory_iterator(); item.increment(error)) {
        if (++m_names > kMostNames)
            return Error{ErrorCode::ScanTooLarge, folder.string(),
                         "more than " + std::to_string(kMostNames) + " names below the folder",
                         "Choose a folder nearer to the checkpoints"};
        std::error_code ignored;
        const std::string name = item->path().filename().string();
        if (!item->is_directory(ignored))
            listing.files.push_back(name);
        else if (!item->is_symlink(ignored) && !name.starts_with('.'))
            listing.folders.push_back(item->path());
    }
    if (error) return fileError(folder, "list", error.value());
    std::sort(listing.folders.begin(), listing.folders.end(),
              [](const fs::path& a, const fs::path& b) {
                  return naturallyBefore(a.filename().string(), b.filename().string());
              });
    return std::optional(std::move(listing));
}

}  // namespace gridscope
