// SPDX-License-Identifier: GPL-3.0-or-later

// Least-squares straight lines over consecutive stretches of a curve, for every number of breaks.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gridscope {

/// The best fit with one number of breaks; the lines need not meet.
struct SegmentFit {
    std::vector<std::size_t> breaks;  ///< first point of the second, third ... segment
    double squares = 0.0;             ///< sum of squared residuals
    /// n ln(squares / n) + (3 breaks + 3) ln n: two coefficients a segment, one place a break,
    /// one variance. The mean square is floored at 1e-12 of the variance of y, so that exact
    /// fits do not compete below rounding.
    double bic = 0.0;
};

/// Best fits with 0..maxBreaks breaks by dynamic programming, as far as the points allow
/// segments of `minPoints` (>= 3). Complexity: O((maxBreaks + 1) n^2).
/// @param x [n] strictly ascending
/// @param y [n]
std::vector<SegmentFit> fitSegments(std::span<const double> x, std::span<const double> y,
                                    int maxBreaks, int minPoints);

/// Values of the fitted lines at every point.
std::vector<double> fittedValues(std::span<const double> x, std::span<const double> y,
                                 const SegmentFit& fit);

}  // namespace gridscope
