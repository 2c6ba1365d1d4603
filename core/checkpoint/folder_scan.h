// SPDX-License-Identifier: GPL-3.0-or-later

// Walks through a folder and reads every checkpoint there, in whatever layout it lies.
#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "core/base/expected.h"
#include "core/base/progress.h"
#include "core/checkpoint/catalog.h"

namespace gridscope {

/// The checkpoints as found, not yet arranged (arrangeRuns).
/// Errors: scan.not-folder, scan.too-large, file.* of `folder` itself; run.cancelled.
Expected<std::vector<CheckpointEntry>> collectCheckpoints(FileOps& ops,
                                                          const std::filesystem::path& folder,
                                                          ProgressSink& progress,
                                                          const std::stop_token& stop);

}  // namespace gridscope
