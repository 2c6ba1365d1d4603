// SPDX-License-Identifier: GPL-3.0-or-later

// Core's folder watch with what the window chose: each settled checkpoint into the trajectory.
#pragma once

#include <stop_token>

#include "app/control/engine.h"
#include "core/base/clock.h"
#include "core/base/file_ops.h"

namespace gridscope::app {

/// Runs until `stop`. Rows that the output holds already are told first.
/// Errors: run.cancelled, settings.*, those of FolderWatch::run and of the trajectory store
Expected<void> watchFolder(FileOps& ops, Clock& clock, const views::WatchChoice& choice,
                           const WatchCallbacks& callbacks, ProgressSink& progress,
                           const std::stop_token& stop);

}  // namespace gridscope::app
