// SPDX-License-Identifier: GPL-3.0-or-later

// A rough answer to "how long will it take?", before anything has been measured.
#pragma once

#include <cstdint>

namespace gridscope::views {

struct ProbeCostInput {
    int checkpoints = 0;
    int grids = 0;
    std::uint64_t windows = 0;  ///< 0 = all of the file, unknown here
    std::uint64_t length = 0;
    std::uint64_t parameters = 0;
    double multiplyRate = 0.0;  ///< FLOP/s of the cores in use; not above 0 = unknown
};

struct ProbeCost {
    double tokens = 0.0;   ///< scored in all
    int passes = 0;        ///< forward passes over the windows
    double seconds = 0.0;  ///< on the processor (a GPU is far quicker); NaN = unknown
};

/// 2 FLOP per parameter and token; a probe reaches some 70 % of the rate of matrix products alone
/// (engine.md, section 5).
ProbeCost estimateProbeCost(const ProbeCostInput& input);

}  // namespace gridscope::views
