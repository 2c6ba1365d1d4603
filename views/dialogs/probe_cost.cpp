// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/dialogs/probe_cost.h"

#include <algorithm>

namespace gridscope::views {

namespace {
constexpr double kFlopPerSecondAndCore = 20e9;
}

ProbeCost estimateProbeCost(const ProbeCostInput& input) {
    ProbeCost cost;
    cost.passes = input.checkpoints * (input.grids + 1);  // FP32 beside the grids
    cost.tokens =
        static_cast<double>(input.windows) * static_cast<double>(input.length) * cost.passes;
    cost.seconds = cost.tokens * 2.0 * static_cast<double>(input.parameters) /
                   (kFlopPerSecondAndCore * std::max(input.cores, 1));
    return cost;
}

}  // namespace gridscope::views
