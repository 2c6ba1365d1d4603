// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/trajectory_lock_impl.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/base/version.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kMaxLockBytes = 4096;

/// Files of /proc state no size, so they are read until they end.
Expected<std::string> readProcFile(FileOps& ops, const std::filesystem::path& path) {
    const int descriptor = ops.open(path, O_RDONLY, 0);
    if (descriptor < 0) return fileError(path, "open", -descriptor);
    const File file(ops, descriptor);
    std::array<char, 4096> buffer{};
    const long got = ops.pread(descriptor, std::as_writable_bytes(std::span(buffer)), 0);
    if (got < 0) return fileError(path, "read", static_cast<int>(-got));
    return std::string(buffer.data(), static_cast<std::size_t>(got));
}

/// Field 22 of /proc/PID/stat. The name in field 2 may hold blanks, so counting starts after it.
Expected<std::string> startTimeOf(FileOps& ops, long pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    GRIDSCOPE_TRY_ASSIGN(text, readProcFile(ops, path));
    std::size_t at = text.rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
    if (at == std::string::npos)
        return Error{ErrorCode::FileRead, path, "the start time is missing", {}};
    return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

std::string holderText(const LockHolder& holder) {
    const nlohmann::json json{{"pid", holder.pid},
                              {"start", holder.start},
                              {"boot", holder.boot},
                              {"host", holder.host},
                              {"version", holder.version}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<LockHolder> parseHolder(const std::string& text) {
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto field = [&](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
    };
    const auto pid = json.find("pid");
    if (pid == json.end() || !pid->is_number_integer()) return std::nullopt;
    return LockHolder{pid->get<long>(), field("start"), field("boot"), field("host"),
                      field("version")};
}

std::string describe(const LockHolder& holder) {
    return "process " + std::to_string(holder.pid) + " on " + escapeForDisplay(holder.host) +
           " (gridscope " + escapeForDisplay(holder.version) + ")";
}

/// Only a process of this host can be known to be gone. One of this very process is stale too:
/// the registry has been asked before.
bool isStale(FileOps& ops, const LockHolder& holder, const LockHolder& self) {
    if (holder.host != self.host) return false;
    if (holder.boot != self.boot || holder.pid == self.pid) return true;
    if (!processRuns(ops, holder.pid)) return true;
    const auto start = startTimeOf(ops, holder.pid);
    return start && *start != holder.start;
}

Error lockedError(const std::filesystem::path& lock, const std::string& what,
                  const std::string& hint) {
    return {ErrorCode::TrajectoryLocked, lock.string(), what, hint};
}

Error notWritable(const std::filesystem::path& path, int result) {
    Error error = fileError(path, "create", -result);
    if (error.code != ErrorCode::FileDiskFull) error.code = ErrorCode::OutputNotWritable;
    return error;
}

/// Writes the lock under another name first and links it, so that it is never seen half-written.
/// 0, -EEXIST if somebody holds the lock, or another -errno.
int createLock(FileOps& ops, const std::filesystem::path& lock, const std::string& content) {
    const std::filesystem::path draft =
        lock.parent_path() / ("." + lock.filename().string() + "-" + std::to_string(getpid()));
    const auto writeTo = [&](const std::filesystem::path& path, int flags) {
        const int descriptor = ops.open(path, O_WRONLY | O_CREAT | flags, 0666);
        if (descriptor < 0) return descriptor;
        const File file(ops, descriptor);
        const bool written = file.writeAt(std::as_bytes(std::span(content)), 0) && file.sync();
        if (!written) ops.unlink(path);
        return written ? 0 : -ENOSPC;
    };
    if (const int result = writeTo(draft, O_TRUNC); result < 0) return result;
    int result = ops.link(draft, lock);
    ops.unlink(draft);
    // File systems without hard links: the name itself still arbitrates.
    if (result == -EPERM || result == -EOPNOTSUPP || result == -ENOSYS)
        result = writeTo(lock, O_EXCL);
    return result;
}

/// Removes the stale lock with this content. Two processes may try: the rename takes whatever
/// lock is there, and a fresh one taken by mistake is put back.
Expected<void> removeStale(FileOps& ops, const std::filesystem::path& lock,
                           const std::string& content) {
    const std::filesystem::path aside = lock.parent_path() / ("." + lock.filename().string() +
                                                              "-stale-" + std::to_string(getpid()));
    if (const int result = ops.rename(lock, aside); result < 0) {
        if (result == -ENOENT) return {};
        return notWritable(lock, result);
    }
    const auto moved = readWholeFile(ops, aside, kMaxLockBytes);
    const bool same = moved && *moved == content;
    if (!same) ops.link(aside, lock);
    ops.unlink(aside);
    if (!same)
        return lockedError(lock, "another process took the lock over at the same moment",
                           "Open the file read-only");
    return {};
}

}  // namespace

std::filesystem::path lockPath(const std::filesystem::path& file) {
    std::filesystem::path path = file;
    path += ".lock";
    return path;
}

bool processRuns(FileOps& ops, long pid) {
    const int descriptor = ops.open("/proc/" + std::to_string(pid) + "/stat", O_RDONLY, 0);
    if (descriptor >= 0) ops.close(descriptor);
    // Anything but "no such process" counts as running: a lock is only taken from the dead.
    return descriptor != -ENOENT;
}

Expected<LockHolder> thisProcess(FileOps& ops) {
    LockHolder self;
    self.pid = static_cast<long>(getpid());
    self.version = kVersion;
    GRIDSCOPE_TRY_ASSIGN(start, startTimeOf(ops, self.pid));
    GRIDSCOPE_TRY_ASSIGN(boot, readProcFile(ops, "/proc/sys/kernel/random/boot_id"));
    self.start = start;
    self.boot = boot.substr(0, boot.find('\n'));
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0)
        return Error{ErrorCode::FileRead, "host name", "cannot be asked", {}};
    self.host = host.data();
    return self;
}

Expected<std::unique_ptr<TrajectoryLock>> TrajectoryLock::acquire(
    FileOps& ops, const std::filesystem::path& file) {
    GRIDSCOPE_TRY_ASSIGN(self, thisProcess(ops));
    const std::filesystem::path path = lockPath(file);
    std::unique_ptr<TrajectoryLock> lock(new TrajectoryLock(ops, path, holderText(self)));
    const std::string content = lock->m_content;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const int result = createLock(ops, path, content);
        if (result == 0) return lock;
        if (result != -EEXIST) {
            lock->m_content.clear();  // not ours to remove
            return notWritable(path, result);
        }
        auto found = readWholeFile(ops, path, kMaxLockBytes);
        if (!found && found.error().code == ErrorCode::FileMissing) continue;
        const auto holder = found ? parseHolder(*found) : std::nullopt;
        if (!holder || !isStale(ops, *holder, self)) {
            lock->m_content.clear();
            return lockedError(path,
                               holder ? "is being written by " + describe(*holder)
                                      : "is locked, and the lock file cannot be read",
                               holder && holder->host == self.host
                                   ? "Open it read-only, or close the other program first"
                                   : "Open it read-only; remove the lock file only if nobody "
                                     "writes the trajectory any more");
        }
        if (auto removed = removeStale(ops, path, *found); !removed) {
            lock->m_content.clear();
            return std::move(removed).error();
        }
        lock->m_takenOver = describe(*holder);
    }
    lock->m_content.clear();
    return lockedError(path, "other processes keep taking the lock", "Open it read-only");
}

Expected<void> TrajectoryLock::checkStillHeld() const {
    auto found = readWholeFile(m_ops, m_path, kMaxLockBytes);
    if (!found && found.error().code != ErrorCode::FileMissing) return std::move(found).error();
    if (found && *found == m_content) return {};
    const auto holder = found ? parseHolder(*found) : std::nullopt;
    return lockedError(
        m_path, holder ? "the lock was taken by " + describe(*holder) : "the lock file was removed",
        "Close this trajectory and open it again");
}

TrajectoryLock::~TrajectoryLock() {
    if (m_content.empty()) return;
    const auto found = readWholeFile(m_ops, m_path, kMaxLockBytes);
    if (found && *found == m_content) m_ops.unlink(m_path);
}

}  // namespace gridscope
