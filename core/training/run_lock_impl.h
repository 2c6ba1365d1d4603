// SPDX-License-Identifier: GPL-3.0-or-later

// Keeps a second process from training into the same place.
#pragma once

#include "core/trajectory/trajectory_lock_impl.h"

namespace gridscope {

/// Takes the lock `NAME.lock` beside `file`, a state or a design, and removes
/// temporary files that processes which are gone have left of it. Errors:
/// trajectory.locked naming the holder, output.not-writable, file.disk-full
Expected<std::unique_ptr<TrajectoryLock>> lockRun(FileOps& ops, const std::filesystem::path& file);

}  // namespace gridscope
