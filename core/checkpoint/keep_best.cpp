// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/keep_best.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace gridscope {

namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = "gridscope-kept.json";
constexpr std::uint64_t kLargestMark = 1 << 20;
constexpr std::size_t kPiece = 4u << 20;

struct SourceFile {
    std::string name;
    FileStatus status;
};

/// The regular files of a folder, links followed, in order of their names.
Expected<std::vector<SourceFile>> filesOf(FileOps& ops, const fs::path& folder) {
    std::vector<SourceFile> files;
    std::error_code error;
    for (fs::directory_iterator item(folder, error); !error && item != fs::directory_iterator();
         item.increment(error)) {
        std::error_code ignored;
        if (!item->is_regular_file(ignored)) continue;
        GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, item->path()));
        GRIDSCOPE_TRY_ASSIGN(status, file.status());
        files.push_back({item->path().filename().string(), status});
    }
    if (error) return fileError(folder, "list", error.value());
    if (files.empty())
        return Error{ErrorCode::FileMissing, folder.string(), "holds no file to keep", {}};
    std::sort(files.begin(), files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.name < b.name; });
    return files;
}

/// The files that the mark of a kept folder lists; nothing if it has none.
std::vector<std::string> markedFiles(FileOps& ops, const fs::path& folder) {
    std::vector<std::string> names;
    const auto text = readWholeFile(ops, folder / kMark, kLargestMark);
    if (!text) return names;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains("files") || !json.at("files").is_array()) return names;
    for (const auto& name : json.at("files")) {
        // A plain name only: a forged mark must not reach outside of its folder.
        if (!name.is_string()) continue;
        const fs::path plain = name.get<std::string>();
        if (plain.has_filename() && plain == plain.filename() && plain != "..")
            names.push_back(plain.string());
    }
    return names;
}

Expected<void> copyFile(FileOps& ops, const fs::path& from, const fs::path& to) {
    GRIDSCOPE_TRY_ASSIGN(source, openForReading(ops, from));
    GRIDSCOPE_TRY_ASSIGN(before, source.status());
    const int descriptor = ops.open(to, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (descriptor < 0) return fileError(to, "create", -descriptor);
    const File target(ops, descriptor);
    std::vector<std::byte> piece;
    for (std::uint64_t at = 0; at < before.sizeBytes; at += piece.size()) {
        piece.resize(
            static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, before.sizeBytes - at)));
        GRIDSCOPE_TRY(source.readAt(piece, at));
        GRIDSCOPE_TRY(target.writeAt(piece, at));
    }
    GRIDSCOPE_TRY(target.sync());
    GRIDSCOPE_TRY_ASSIGN(after, source.status());
    if (after == before) return {};
    return Error{ErrorCode::FileChanged, from.string(), "changed while it was copied", {}};
}

void removeFiles(FileOps& ops, const fs::path& folder, const std::vector<std::string>& names) {
    for (const std::string& name : names) ops.unlink(folder / name);
    ops.unlink(folder / kMark);
    std::error_code ignored;
    fs::remove(folder, ignored);  // only if it is empty
}

void removeOlder(FileOps& ops, const fs::path& into, const fs::path& newest) {
    std::error_code error;
    std::vector<fs::path> older;
    for (fs::directory_iterator item(into, error); !error && item != fs::directory_iterator();
         item.increment(error)) {
        std::error_code ignored;
        if (item->is_directory(ignored) && !item->is_symlink(ignored) && item->path() != newest)
            older.push_back(item->path());
    }
    for (const fs::path& folder : older) {
        const std::vector<std::string> names = markedFiles(ops, folder);
        if (!names.empty()) removeFiles(ops, folder, names);
    }
}

/// Fills the new folder. @return whether every file could be linked
Expected<bool> fill(FileOps& ops, const fs::path& checkpoint, const std::vector<SourceFile>& files,
                    const fs::path& folder) {
    bool linked = true;
    nlohmann::json mark = {{"made_by", "gridscope"},
                           {"source", escapeForDisplay(checkpoint.string(), 4096)}};
    for (const SourceFile& file : files) {
        // A symbolic link is resolved first: linking the link would keep nothing.
        std::error_code failed;
        const fs::path real = fs::canonical(checkpoint / file.name, failed);
        const fs::path target = folder / file.name;
        if (failed || ops.link(real, target) < 0) {
            linked = false;
            GRIDSCOPE_TRY(copyFile(ops, checkpoint / file.name, target));
        }
        mark["files"].push_back(file.name);
    }
    GRIDSCOPE_TRY(writeFileAtomically(
        ops, folder / kMark,
        mark.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
    return linked;
}

}  // namespace

Expected<KeptCheckpoint> keepBest(FileOps& ops, const fs::path& checkpoint, const fs::path& into) {
    std::error_code failed;
    fs::path source = fs::absolute(checkpoint, failed).lexically_normal();
    if (source.filename().empty()) source = source.parent_path();
    KeptCheckpoint kept;
    kept.folder = into / source.filename();
    if (fs::exists(kept.folder, failed)) {
        if (markedFiles(ops, kept.folder).empty())
            return Error{ErrorCode::OutputExists, kept.folder.string(),
                         "a folder of this name is there and was not made by keep-best",
                         "Choose another folder for --keep-best"};
        kept.present = true;
        return kept;
    }
    GRIDSCOPE_TRY_ASSIGN(files, filesOf(ops, source));
    GRIDSCOPE_TRY(makeFolders(ops, into));
    const fs::path unfinished =
        into / (".keeping-" + std::to_string(getpid()) + "-" + source.filename().string());
    GRIDSCOPE_TRY(makeFolders(ops, unfinished));
    std::vector<std::string> names;
    for (const SourceFile& file : files) names.push_back(file.name);
    auto linked = fill(ops, source, files, unfinished);
    const int renamed = linked ? ops.rename(unfinished, kept.folder) : 0;
    if (!linked || renamed < 0) {
        removeFiles(ops, unfinished, names);
        if (!linked) return std::move(linked).error();
        return fileError(kept.folder, "rename", -renamed);
    }
    kept.linked = *linked;
    GRIDSCOPE_TRY(syncFolder(ops, into));
    removeOlder(ops, into, kept.folder);
    return kept;
}

}  // namespace gridscope
