// SPDX-License-Identifier: GPL-3.0-or-later

// First stage of one checkpoint: what can be told from the weights and their predecessor's alone.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "core/base/expected.h"
#include "core/model/model_weights.h"
#include "core/probe/probe_plan.h"
#include "core/quant/fake_quantize.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// What a checkpoint leaves behind for the next one: flips and movement need it.
struct WeightState {
    std::shared_ptr<const ModelWeights> weights;     ///< null = no predecessor
    std::vector<std::vector<QuantizedCodes>> codes;  ///< [grids][scope]
};

/// Measures moments and every grid of the plan; `state` is the predecessor's before and this
/// checkpoint's after.
/// Errors: weights.not-finite, run.cancelled; `record` is then unchanged and `state` empty.
Expected<void> measureWeights(const ProbePlan& plan,
                              const std::shared_ptr<const ModelWeights>& weights,
                              WeightState& state, ProbeRecord& record, const std::stop_token& stop);

/// Makes the state that measureWeights would leave, without measuring.
Expected<void> recallWeightState(const ProbePlan& plan, std::shared_ptr<const ModelWeights> weights,
                                 WeightState& state, const std::stop_token& stop);

}  // namespace gridscope
