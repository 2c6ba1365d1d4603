// SPDX-License-Identifier: GPL-3.0-or-later

// The lock file beside a trajectory: who writes it, and whether that process still lives.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// Who holds a lock. Boot id and start time tell a process from a later one with its number.
struct LockHolder {
    long pid = 0;
    std::string start;  ///< clock ticks since boot, from /proc
    std::string boot;
    std::string host;
    std::string version;  ///< of the program

    bool operator==(const LockHolder&) const = default;
};

/// This process. Errors: file.read when /proc cannot be read.
Expected<LockHolder> thisProcess(FileOps& ops);
/// Whether a process with number `pid` runs on this machine.
bool processRuns(FileOps& ops, long pid);

/// An acquired lock; the lock file goes with it.
class TrajectoryLock {
public:
    /// Takes `NAME.h5.lock` beside `file`. A lock whose process is gone is taken over, and
    /// `takenOver` then says from whom.
    /// Errors: trajectory.locked naming the holder, output.not-writable, file.disk-full.
    static Expected<std::unique_ptr<TrajectoryLock>> acquire(FileOps& ops,
                                                             const std::filesystem::path& file);
    TrajectoryLock(const TrajectoryLock&) = delete;
    TrajectoryLock& operator=(const TrajectoryLock&) = delete;
    ~TrajectoryLock();

    /// Errors: trajectory.locked if the lock file is gone or another's.
    Expected<void> checkStillHeld() const;
    const std::optional<std::string>& takenOver() const { return m_takenOver; }

private:
    TrajectoryLock(FileOps& ops, std::filesystem::path path, std::string content)
        : m_ops(ops), m_path(std::move(path)), m_content(std::move(content)) {}
    FileOps& m_ops;
    std::filesystem::path m_path;
    std::string m_content;
    std::optional<std::string> m_takenOver;
};

/// `NAME.h5.lock`
std::filesystem::path lockPath(const std::filesystem::path& file);

}  // namespace gridscope
