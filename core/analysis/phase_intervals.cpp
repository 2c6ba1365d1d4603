// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/phase_intervals.h"

#include <algorithm>

namespace gridscope {

namespace {

/// Nearest-rank quantile: an interval ends at a probed step, not between two.
double stepQuantile(std::vector<double> steps, double share) {
    const auto last = static_cast<double>(steps.size() - 1);
    const auto rank = static_cast<std::size_t>(share * last + 0.5);
    std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(rank), steps.end());
    return steps[rank];
}

}  // namespace

Boundary withInterval(Boundary boundary, const BoundaryVotes& votes,
                      const PhaseSettings& settings) {
    boundary.low = boundary.high = boundary.step;
    if (votes.from.empty()) return boundary;
    const double tail = 0.5 * (1.0 - settings.confidence);
    boundary.low = std::min(boundary.step, stepQuantile(votes.from, tail));
    boundary.high = std::max(boundary.step, stepQuantile(votes.to, 1.0 - tail));
    boundary.support =
        static_cast<double>(votes.from.size()) / static_cast<double>(settings.resamples);
    return boundary;
}

}  // namespace gridscope
