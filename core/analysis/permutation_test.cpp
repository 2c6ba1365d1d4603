// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/permutation_test.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace gridscope {

namespace {

/// 184,756 deals at most.
constexpr std::size_t kMostNumbers = 20;

/// The numbers of both groups without their common mean: then the difference of the two means is
/// proportional to the sum of the first group.
std::vector<double> centred(std::span<const double> a, std::span<const double> b) {
    std::vector<double> all(a.begin(), a.end());
    all.insert(all.end(), b.begin(), b.end());
    double mean = 0.0;
    for (const double value : all) mean += value / static_cast<double>(all.size());
    for (double& value : all) value -= mean;
    return all;
}

double sumOf(const std::vector<double>& values, std::uint32_t chosen) {
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if ((chosen >> i & 1u) != 0) sum += values[i];
    }
    return sum;
}

/// The next larger number with as many bits set (Gosper). @pre bits != 0
std::uint32_t nextChoice(std::uint32_t bits) {
    const std::uint32_t lowest = bits & (~bits + 1u);
    const std::uint32_t carried = bits + lowest;
    return carried | ((bits ^ carried) >> (2 + std::countr_zero(lowest)));
}

}  // namespace

std::optional<PermutationTest> permutationTest(std::span<const double> a,
                                               std::span<const double> b) {
    const std::size_t count = a.size() + b.size();
    if (count > kMostNumbers) return std::nullopt;
    PermutationTest test;
    if (a.empty() || b.empty()) {
        test.deals = 1;
        return test;
    }
    const std::vector<double> values = centred(a, b);
    const std::uint32_t observedChoice = (1u << a.size()) - 1u;
    const double observed = sumOf(values, observedChoice);
    double scale = 0.0;
    for (const double value : values) scale += std::fabs(value);
    const double rounding = 1e-12 * scale;
    std::uint64_t lower = 0, farther = 0;
    for (std::uint32_t choice = observedChoice; choice < 1u << count; choice = nextChoice(choice)) {
        const double sum = sumOf(values, choice);
        ++test.deals;
        if (sum <= observed + rounding) ++lower;
        if (std::fabs(sum) >= std::fabs(observed) - rounding) ++farther;
    }
    const auto deals = static_cast<double>(test.deals);
    test.smallestLower = 1.0 / deals;
    // With equal sizes every deal has its mirror image, which is as far off.
    test.smallestTwoSided = (a.size() == b.size() ? 2.0 : 1.0) / deals;
    if (!std::isfinite(scale)) return test;
    test.pLower = static_cast<double>(lower) / deals;
    test.pTwoSided = static_cast<double>(farther) / deals;
    return test;
}

}  // namespace gridscope
