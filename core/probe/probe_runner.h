// SPDX-License-Identifier: GPL-3.0-or-later

// Runs a plan: weight sweep in step order, then the perplexity sweep coarse to fine.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/base/progress.h"
#include "core/probe/probe_plan.h"
#include "core/probe/storage_answer.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope {

enum class ProbeStage { Weights, Perplexity };

struct ProbeInput {
    FileOps& ops;
    const ProbePlan& plan;
    TrajectoryStore& store;
    /// A row was measured, copied from a duplicate or has failed; it may not be on disk yet.
    std::function<void(const ProbeRecord&, ProbeStage)> onRow = [](const ProbeRecord&, ProbeStage) {
    };
    /// Rows have reached the disk. Called from the working thread.
    std::function<void(std::shared_ptr<const Trajectory>)> onSnapshot =
        [](std::shared_ptr<const Trajectory>) {};
    /// When requested: finish the row in work, then end as incomplete (batch systems).
    std::stop_token finishRow;
    /// Rows could not be written (reliability.md H01); they are kept in memory meanwhile.
    AskAboutStorage onStorageFailure = [](const Error&) { return StorageAnswer{}; };
};

struct ProbeOutcome {
    std::shared_ptr<const Trajectory> trajectory;
    std::size_t complete = 0;  ///< checkpoints of the plan that are measured now
    std::size_t failed = 0;
    std::size_t skipped = 0;      ///< were complete before this run
    bool unfinished = false;      ///< finishRow ended the run early
    std::vector<Error> failures;  ///< one per failed checkpoint, with its label in `where`
    std::vector<Warning> warnings;
};

/// Measures what is missing and commits it stage by stage. A bad checkpoint costs its own row.
/// Every committed row survives whatever happens next; a later run over the same file goes on.
/// Errors: run.cancelled, device.unavailable, those of TrajectoryStore::commit.
Expected<ProbeOutcome> runProbe(const ProbeInput& input, ProgressSink& progress,
                                std::stop_token stop);

/// The device that `wanted` ("auto", "cpu", "cuda", "cuda:1") means on this machine.
/// Errors: device.unavailable, settings.syntax.
Expected<std::string> resolveDevice(std::string_view wanted);

}  // namespace gridscope
