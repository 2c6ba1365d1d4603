// SPDX-License-Identifier: GPL-3.0-or-later

// Welch's t test of two groups of numbers with variances of their own.
#pragma once

#include <cstddef>
#include <limits>
#include <span>

namespace gridscope {

/// Welch's t of `a` against `b`: negative when the mean of `a` is lower. NaN for fewer than two
/// numbers in either, no variance at all, or an infinite number. p is two-sided.
struct WelchTest {
    double t = std::numeric_limits<double>::quiet_NaN();
    double degrees = std::numeric_limits<double>::quiet_NaN();  ///< Welch-Satterthwaite
    double p = std::numeric_limits<double>::quiet_NaN();
    std::size_t countA = 0, countB = 0;  ///< numbers that took part; NaN does not
};
WelchTest welchTest(std::span<const double> a, std::span<const double> b);

}  // namespace gridscope
