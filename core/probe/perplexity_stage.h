// SPDX-License-Identifier: GPL-3.0-or-later

// Second stage of one checkpoint: FP32 and every grid scored side by side.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "core/analysis/bootstrap.h"
#include "core/base/expected.h"
#include "core/model/model_weights.h"
#include "core/probe/probe_plan.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// What stays the same over the checkpoints of a run.
struct PerplexityContext {
    const ProbePlan& plan;
    const WindowBootstrap& bootstrap;
    std::string device = "cpu";
};

/// Measures the grids of the plan that `record` has no perplexity for, and FP32 with them.
/// @param onProgress share of this checkpoint that is done, 0..1; may block
/// Errors: run.cancelled, memory.*, device.*; `record` is then unchanged.
Expected<void> measurePerplexity(const PerplexityContext& context,
                                 const std::shared_ptr<const ModelWeights>& weights,
                                 ProbeRecord& record, const std::function<void(double)>& onProgress,
                                 const std::stop_token& stop);

/// Takes over the perplexity of a checkpoint with the same content; the statistics of the weight
/// sweep stay, because flips depend on the neighbour.
void copyPerplexity(const ProbeRecord& from, ProbeRecord& record);

}  // namespace gridscope
