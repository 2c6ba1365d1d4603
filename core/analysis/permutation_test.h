// SPDX-License-Identifier: GPL-3.0-or-later

// Exact permutation test of two small groups of numbers.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace gridscope {

/// Exact test over all ways to deal the numbers to the two groups; the statistic is the difference
/// of means. `pLower` is one-sided (a lower than b), `pTwoSided` counts |difference|. Differences
/// that agree but for rounding are ties, and count.
struct PermutationTest {
    double pLower = std::numeric_limits<double>::quiet_NaN();
    double pTwoSided = std::numeric_limits<double>::quiet_NaN();
    /// Attainable with these sizes: 3 against 3 gives 0.05 and 0.10.
    double smallestLower = std::numeric_limits<double>::quiet_NaN();
    double smallestTwoSided = std::numeric_limits<double>::quiet_NaN();
    std::uint64_t deals = 0;  ///< how many ways there are
};
/// p is NaN where a group is empty or a number is not finite. At most 20 numbers in all; more
/// gives nothing.
std::optional<PermutationTest> permutationTest(std::span<const double> a,
                                               std::span<const double> b);

}  // namespace gridscope
