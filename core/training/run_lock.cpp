// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/run_lock_impl.h"
#include "core/trajectory/trajectory_generation_impl.h"

namespace gridscope {

Expected<std::unique_ptr<TrajectoryLock>> lockRun(FileOps& ops, const std::filesystem::path& file) {
    auto lock = TrajectoryLock::acquire(ops, file);
    if (!lock) {
        Error error = std::move(lock).error();
        if (error.code == ErrorCode::TrajectoryLocked)
            error.hint = "Wait until it has ended, or choose another folder";
        return error;
    }
    removeLeftovers(ops, file);
    return lock;
}

}  // namespace gridscope
