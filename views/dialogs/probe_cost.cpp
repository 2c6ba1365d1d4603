// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/dialogs/probe_cost.h"

#include <limits>

namespace gridscope::views {

namespace {
constexpr double kReachedShare = 0.7;
}

ProbeCost estimateProbeCost(const ProbeCostInput& input) {
    ProbeCost cost;
    cost.passes = input.checkpoints * (input.grids + 1);  // FP32 beside the grids
    cost.tokens =
        static_cast<double>(input.windows) * static_cast<double>(input.length) * cost.passes;
    cost.seconds = input.multiplyRate > 0.0
                       ? cost.tokens * 2.0 * static_cast<double>(input.parameters) /
                             (kReachedShare * input.multiplyRate)
                       : std::numeric_limits<double>::quiet_NaN();
    return cost;
}

}  // namespace gridscope::views
