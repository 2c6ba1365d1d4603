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
constexpr std::size_t kCommitDigits = 40;  // of any git SHA-1
constexpr std::size_t kSha256Digits = 64;
constexpr std::uint64_t kLargestRef = 1024;
constexpr int kDeepestRef = 4;

bool isHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

Expected<void> checkInside(const fs::path& file, const fs::path& modelFolder) {
    if (staysInside(file, modelFolder)) return {};
    return Error{ErrorCode::FileNotRegular, file.string(),
                 "is a link that leads out of " + modelFolder.string(),
                 "Fetch the checkpoint again"};
}

/// Where the refs lie: the models-- folder, its folder refs or one inside, and the names so far.
struct RefFolder {
    fs::path modelFolder;
    fs::path folder;
    std::string prefix;
    int depth = 0;
};

HubRef readRef(FileOps& ops, const RefFolder& at, const std::string& leaf) {
    const fs::path file = at.folder / leaf;
    HubRef ref;
    ref.name = at.prefix + leaf;
    if (const auto link = checkInside(file, at.modelFolder); !link) {
        ref.problem = link.error();
        return ref;
    }
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
Expected<void> collectRefs(FileOps& ops, FolderLister& lister, const RefFolder& at,
                           std::vector<HubRef>& refs) {
    GRIDSCOPE_TRY_ASSIGN(listing, lister.list(at.folder));
    if (!listing) return {};
    for (const std::string& leaf : listing->files) refs.push_back(readRef(ops, at, leaf));
    if (at.depth == kDeepestRef) return {};
    for (const fs::path& inner : listing->folders)
        GRIDSCOPE_TRY(collectRefs(
            ops, lister,
            {at.modelFolder, inner, at.prefix + inner.filename().string() + "/", at.depth + 1},
            refs));
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

Expected<void> checkHubLink(const fs::path& file) {
    const auto modelFolder = hubModelFolder(file.parent_path());
    return modelFolder ? checkInside(file, *modelFolder) : Expected<void>();
}

std::string hubBlobName(const fs::path& file) {
    std::error_code error;
    const fs::path target = fs::read_symlink(file, error);
    if (error || target.parent_path().filename() != kBlobsName) return {};
    const std::string name = target.filename().string();
    const bool isHash = (name.size() == kCommitDigits || name.size() == kSha256Digits) &&
                        std::all_of(name.begin(), name.end(), isHex);
    return isHash ? name : std::string();
}

Expected<std::vector<HubRef>> readHubRefs(FileOps& ops, FolderLister& lister,
                                          const fs::path& modelFolder) {
    std::vector<HubRef> refs;
    const auto collected =
        collectRefs(ops, lister, {modelFolder, modelFolder / kRefsName, {}, 0}, refs);
    if (!collected && collected.error().code != ErrorCode::FileMissing) return collected.error();
    std::sort(refs.begin(), refs.end(),
              [](const HubRef& a, const HubRef& b) { return naturallyBefore(a.name, b.name); });
    return refs;
}

}  // namespace gridscope
