// SPDX-License-Identifier: GPL-3.0-or-later

// Turns the boundaries found in resampled curves into the interval of the boundary found.
#pragma once

#include <vector>

#include "core/analysis/phase_types.h"

namespace gridscope {

/// Where the resamples saw a boundary. A change between two points lies anywhere in between, so
/// a resample votes with both ends; `from` equals `to` for a boundary at a point.
struct BoundaryVotes {
    std::vector<double> from, to;  ///< steps, one entry for each resample that shows the boundary
};

/// `boundary` with low, high and support set; the interval is widened to contain the step.
/// Without resamples it is the step itself.
Boundary withInterval(Boundary boundary, const BoundaryVotes& votes, const PhaseSettings& settings);

}  // namespace gridscope
