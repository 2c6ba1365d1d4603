// SPDX-License-Identifier: GPL-3.0-or-later

// The inner loops over a block of weights for its moments, compiled for several instruction sets.
#pragma once

#include <cstddef>

namespace gridscope {

struct PlainSums {
    double sum = 0.0;     ///< of w
    double energy = 0.0;  ///< of w^2; not finite if a weight is not
    float absmax = 0.0F;
};

struct CentralSums {
    double second = 0.0, third = 0.0, fourth = 0.0;  ///< of (w - mean)^k
};

struct MovementSums {
    double change = 0.0;    ///< of (w - w_prev)^2
    double previous = 0.0;  ///< of w_prev^2
};

/// One row of `count` >= 1 weights in groups of `groupLength`, the last of which may be short.
/// @param rangeOverRms receives (max - min) / RMS of each group; NaN for a group of zeros
PlainSums plainSums(const float* weights, std::size_t count, std::size_t groupLength,
                    float* rangeOverRms);
CentralSums centralSums(const float* weights, std::size_t count, double mean);
MovementSums movementSums(const float* weights, const float* previous, std::size_t count);

}  // namespace gridscope
