// SPDX-License-Identifier: GPL-3.0-or-later

// Random numbers of the control grids: each depends on a seed and its place alone, so that they
// are the same for every number of threads and every device.
#pragma once

#include <cstdint>
#include <span>

namespace gridscope {

/// Uniform in [-0.5, 0.5), a multiple of 2^-24.
float groupPhase(std::uint64_t seed, std::int64_t group);

/// Standard normal numbers for the places first, first + 1, ... (Box-Muller).
void standardNormal(std::uint64_t seed, std::int64_t first, std::span<float> out);

}  // namespace gridscope
