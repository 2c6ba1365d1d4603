// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/trajectory_generation_impl.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "core/base/numbers.h"
#include "core/trajectory/trajectory_image_impl.h"
#include "core/trajectory/trajectory_lock_impl.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kSpareBytes = 16u << 20;

std::filesystem::path besideHidden(const std::filesystem::path& file, const std::string& suffix) {
    return file.parent_path() / ("." + file.filename().string() + suffix);
}

std::filesystem::path temporaryPath(const std::filesystem::path& file) {
    return besideHidden(file, ".tmp-" + std::to_string(getpid()));
}

/// Creates `path`, which must not exist, with `content` and forces it to disk.
Expected<void> writeNew(FileOps& ops, const std::filesystem::path& path, std::string_view content) {
    const int descriptor = ops.open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (descriptor < 0) return fileError(path, "create", -descriptor);
    const File file(ops, descriptor);
    if (auto written = file.writeAt(std::as_bytes(std::span(content)), 0); !written)
        return written.error().inside(path.string());
    if (auto synced = file.sync(); !synced) return synced.error().inside(path.string());
    return {};
}

/// Makes `backup` another name of `file`, or a copy where hard links are missing.
Expected<void> linkOrCopy(FileOps& ops, const std::filesystem::path& file,
                          const std::filesystem::path& backup) {
    const int result = ops.link(file, backup);
    if (result == 0) return {};
    if (result != -EPERM && result != -EOPNOTSUPP && result != -ENOSYS && result != -EMLINK)
        return fileError(backup, "create", -result);
    GRIDSCOPE_TRY_ASSIGN(content, readWholeFile(ops, file, kMaxImageBytes));
    return writeNew(ops, backup, content);
}

Expected<void> keepBackup(FileOps& ops, const std::filesystem::path& file) {
    const int descriptor = ops.open(file, O_RDONLY, 0);
    if (descriptor == -ENOENT) return {};  // the first generation
    if (descriptor < 0) return fileError(file, "open", -descriptor);
    ops.close(descriptor);
    const std::filesystem::path fresh = besideHidden(file, ".bak-new");
    std::filesystem::path backup = file;
    backup += ".bak";
    ops.unlink(fresh);
    Expected<void> outcome = linkOrCopy(ops, file, fresh);
    if (outcome) {
        if (const int result = ops.rename(fresh, backup); result < 0)
            outcome = fileError(backup, "rename", -result);
    }
    // Renaming one name of a file onto another of the same file does nothing and leaves both.
    ops.unlink(fresh);
    return outcome;
}

Expected<void> checkSpace(FileOps& ops, const std::filesystem::path& file,
                          std::uint64_t sizeBytes) {
    const std::filesystem::path folder =
        file.parent_path().empty() ? std::filesystem::path(".") : file.parent_path();
    std::uint64_t free = 0;
    if (const int result = ops.freeBytes(folder, free); result < 0)
        return fileError(folder, "inspect", -result);
    const std::uint64_t needed = 2 * sizeBytes + kSpareBytes;
    if (free >= needed) return {};
    return Error{ErrorCode::FileDiskFull, file.string(),
                 "needs " + formatBytes(needed) + " of free space, there are " + formatBytes(free),
                 "Free some space, or choose another place"};
}

}  // namespace

Expected<void> replaceGeneration(FileOps& ops, const std::filesystem::path& file,
                                 std::string_view image,
                                 const std::function<Expected<void>(std::string_view)>& verify) {
    GRIDSCOPE_TRY(checkSpace(ops, file, image.size()));
    const std::filesystem::path temporary = temporaryPath(file);
    // Left by a failed commit of this very store whose clearing up failed too.
    ops.unlink(temporary);
    const auto prepare = [&]() -> Expected<void> {
        GRIDSCOPE_TRY(writeNew(ops, temporary, image));
        GRIDSCOPE_TRY_ASSIGN(written, readWholeFile(ops, temporary, kMaxImageBytes));
        if (written != image)
            return Error{ErrorCode::TrajectoryVerify, temporary.string(),
                         "the bytes read back differ from the ones written",
                         "Check the disk; the last good file was kept"};
        GRIDSCOPE_TRY(verify(written));
        GRIDSCOPE_TRY(keepBackup(ops, file));
        if (const int result = ops.rename(temporary, file); result < 0)
            return fileError(file, "rename", -result);
        return {};
    };
    if (auto prepared = prepare(); !prepared) {
        ops.unlink(temporary);
        return prepared;
    }
    return syncFolder(ops, file.parent_path());
}

Expected<void> checkWritable(FileOps& ops, const std::filesystem::path& file,
                             std::uint64_t sizeBytes) {
    const std::filesystem::path temporary = temporaryPath(file);
    auto tried = writeNew(ops, temporary, "test");
    ops.unlink(temporary);
    if (!tried) {
        Error error = std::move(tried).error();
        if (error.code != ErrorCode::FileDiskFull) error.code = ErrorCode::OutputNotWritable;
        return error;
    }
    return checkSpace(ops, file, sizeBytes);
}

void removeLeftovers(FileOps& ops, const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    const std::vector<std::string> prefixes{"." + name + ".tmp-", "." + name + ".lock-stale-",
                                            "." + name + ".lock-"};
    const std::filesystem::path folder =
        file.parent_path().empty() ? std::filesystem::path(".") : file.parent_path();
    std::vector<std::filesystem::path> dead;
    std::error_code failed;
    for (std::filesystem::directory_iterator i(folder, failed), end; !failed && i != end;
         i.increment(failed)) {
        const std::string entry = i->path().filename().string();
        for (const std::string& prefix : prefixes) {
            if (!entry.starts_with(prefix)) continue;
            const auto pid = parseInteger(std::string_view(entry).substr(prefix.size()));
            if (pid && (*pid == getpid() || !processRuns(ops, *pid))) dead.push_back(i->path());
            break;
        }
    }
    for (const auto& path : dead) ops.unlink(path);
    ops.unlink(besideHidden(file, ".bak-new"));
}

}  // namespace gridscope
