// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/welch_test.h"

#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/SpecialFunctions>
#include <vector>

namespace gridscope {

namespace {

struct Group {
    double n = 0.0, mean = 0.0;
    double error = 0.0;  ///< squared standard error of the mean
};

std::vector<double> measured(std::span<const double> values) {
    std::vector<double> kept;
    std::copy_if(values.begin(), values.end(), std::back_inserter(kept),
                 [](double value) { return !std::isnan(value); });
    return kept;
}

/// @pre at least two values
Group groupOf(const std::vector<double>& values) {
    Group group;
    group.n = static_cast<double>(values.size());
    for (const double value : values) group.mean += value / group.n;
    // The mean of equal numbers may differ from them by a rounding: no variance is no variance.
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (*low == *high) return group;
    for (const double value : values)
        group.error += (value - group.mean) * (value - group.mean) / (group.n - 1.0) / group.n;
    return group;
}

}  // namespace

WelchTest welchTest(std::span<const double> a, std::span<const double> b) {
    const std::vector<double> keptA = measured(a), keptB = measured(b);
    WelchTest test;
    test.countA = keptA.size();
    test.countB = keptB.size();
    if (test.countA < 2 || test.countB < 2) return test;
    const Group groupA = groupOf(keptA), groupB = groupOf(keptB);
    const double error = groupA.error + groupB.error;
    if (!(error > 0.0) || !std::isfinite(error)) return test;
    test.t = (groupA.mean - groupB.mean) / std::sqrt(error);
    test.degrees = error * error /
                   (groupA.error * groupA.error / (groupA.n - 1.0) +
                    groupB.error * groupB.error / (groupB.n - 1.0));
    // Two tails of Student's t as a regularized incomplete beta function.
    test.p = Eigen::numext::betainc(0.5 * test.degrees, 0.5,
                                    test.degrees / (test.degrees + test.t * test.t));
    return test;
}

}  // namespace gridscope
