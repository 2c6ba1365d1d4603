// SPDX-License-Identifier: GPL-3.0-or-later

// Core's fork experiments with what the window chose: priced, run, opened, reported.
#pragma once

#include <functional>
#include <stop_token>

#include "app/control/engine.h"
#include "core/base/file_ops.h"

namespace gridscope::app {

/// Reads what `choice` names and says what it takes and how far its folder is.
/// @param rateWith FLOP/s that matrix products of this machine reach with that many threads
/// Errors: those of prepareFork
Expected<ForkPlan> planFork(FileOps& ops, const views::ForkChoice& choice,
                            const std::function<double(int)>& rateWith, ProgressSink& progress,
                            const std::stop_token& stop);

/// Makes what is missing of the experiment. Errors: those of prepareFork and runForks
Expected<ForkOutcome> runFork(FileOps& ops, const views::ForkChoice& choice,
                              const ForkCallbacks& callbacks, ProgressSink& progress,
                              const std::stop_token& stop);

/// The design of an experiment on disk, and of its data what the folder tells.
/// Errors: fork.format, fork.missing, file.*
Expected<OpenedFork> openFork(FileOps& ops, const std::filesystem::path& folder);

/// @param references folder of the published tables; without them the report is whole too
/// Errors: those of readForkResults
Expected<ForkReport> readForkReport(FileOps& ops, const ForkReportRequest& request,
                                    const std::filesystem::path& references);

}  // namespace gridscope::app
