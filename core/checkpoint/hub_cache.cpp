// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/hub_cache.h"

#include <algorithm>
#include <utility>

#include "core/checkpoint/checkpoint_label.h"

namespace gridscope {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "models--";
constexpr std::string_view kSeparator = "--";
constexpr std::string_view kRefsName = "refs";
constexpr std::string_view kSnapshotsName = "snapshots";
constexpr std::string_view kBlobsName = "blobs";
constexpr std::size_t kCommitDigits = 40;
constexpr std::uint64_t kLargestRef = 1024;
constexpr int kDeepestRef = 4;

bool isHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

HubRef readRef(FileOps& ops, const fs::path& file, std::string name) {
    HubRef ref;
    ref.name = std::move(name);
    auto text = readWholeFile(ops, file, kLargestRef);
    if (!text) {
        ref.problem = text.error();
        return ref;
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    ref.commit = *std::move(text);
    if (ref.commit.size() != kCommitDigits ||
        !std::all_of(ref.commit.begin(), ref.commit.end(), isHex))
        ref.problem =
            Error{ErrorCode::FileWrongType, file.string(),
                  "expected a commit of 40 hex digits, found " + escapeForDisplay(ref.commit),
                  "Fetch the revision again"};
    return ref;
}

/// Revisions whose name has slashes are nested folders.
Expected<void> collectRefs(FileOps& ops, FolderLister& lister, const fs::path& folder,
                           const std::string& prefix, std::vector<HubRef>& refs, int depth) {
    GRIDSCOPE_TRY_ASSIGN(listing, lister.list(folder));
    if (!listing) return {};
    for (const std::string& file : listing->files)
        refs.push_back(readRef(ops, folder / file, prefix + file));
    if (depth == kDeepestRef) return {};
    for (const fs::path& inner : listing->folders)
        GRIDSCOPE_TRY(collectRefs(ops, lister, inner, prefix + inner.filename().string() + "/",
                                  refs, depth + 1));
    return {};
}

}  // namespace

std::optional<std::string> hubRepositoryName(std::string_view folderName) {
    if (!folderName.starts_with(kPrefix) || folderName.size() == kPrefix.size())
        return std::nullopt;
    std::string name(folderName.substr(kPrefix.size()));
    // An organisation has no "--" in its name; a repository without one has no separator.
    const std::size_t split = name.find(kSeparator);
    if (split != std::string::npos) name.replace(split, kSeparator.size(), "/");
    return name;
}

std::optional<fs::path> hubModelFolder(const fs::path& folder) {
    std::error_code ignored;
    fs::path inner = fs::absolute(folder, ignored).lexically_normal();
    while (inner.has_relative_path()) {
        const fs::path above = inner.parent_path();
        if (inner.filename() == kSnapshotsName && hubRepositoryName(above.filename().string()))
            return above;
        inner = above;
    }
    return std::nullopt;
}

fs::path linkBoundary(const fs::path& folder) { return hubModelFolder(folder).value_or(folder); }

bool staysInside(const fs::path& file, const fs::path& boundary) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    if (error) return true;
    // A folder given as "" is the working folder.
    const fs::path root = fs::weakly_canonical(boundary.empty() ? fs::path(".") : boundary, error);
    if (error) return true;
    return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
}

std::string hubBlobName(const fs::path& file) {
    std::error_code error;
    const fs::path target = fs::read_symlink(file, error);
    if (error || target.parent_path().filename() != kBlobsName) return {};
    return target.filename().string();
}

Expected<std::vector<HubRef>> readHubRefs(FileOps& ops, FolderLister& lister,
                                          const fs::path& modelFolder) {
    std::vector<HubRef> refs;
    const auto collected = collectRefs(ops, lister, modelFolder / kRefsName, {}, refs, 0);
    if (!collected && collected.error().code != ErrorCode::FileMissing) return collected.error();
    std::sort(refs.begin(), refs.end(),
              [](const HubRef& a, const HubRef& b) { return naturallyBefore(a.name, b.name); });
    return refs;
}

}  // namespace gridscope
