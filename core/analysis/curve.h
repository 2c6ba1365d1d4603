// SPDX-License-Identifier: GPL-3.0-or-later

// One metric over distinct ascending steps, cleaned for the phase detectors.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace gridscope {

struct Curve {
    std::vector<double> steps;    ///< distinct, ascending, >= 0
    std::vector<double> values;   ///< finite, on the analysed scale (ln PPL, ln(1 + gap))
    std::vector<double> weights;  ///< of the points, > 0
    int unusable = 0;             ///< rows left out: value missing, not finite or out of range
    int duplicates = 0;           ///< rows that share a step with an earlier row

    std::size_t size() const { return steps.size(); }
    /// What was left out or merged, as sentences with a trailing blank; empty if nothing was.
    std::string remarks() const;
};

/// Sorts by step, leaves out rows whose transformed value or step is not finite (or the step is
/// negative), and replaces rows that share a step by the mean of their transformed values.
/// @param weights [rows] or empty for all 1; a row whose weight is not positive and finite is
///        left out
Curve makeCurve(std::span<const double> steps, std::span<const double> values,
                std::span<const double> weights, const std::function<double(double)>& transform);

}  // namespace gridscope
