// SPDX-License-Identifier: GPL-3.0-or-later

// A made-up trajectory in the shape of the paper's Table 1, for tests of plots.
#pragma once

#include <memory>

#include "core/trajectory/series_table.h"
#include "views/phase_band.h"

namespace gridscope::test {

struct SyntheticOptions {
    int checkpoints = 24;
    int probed = -1;  ///< -1 = all; the rest stays planned
    int layers = 8;
    int grids = 2;  ///< a4g128:minmax, s8channel:absmax, then more 4-bit ones
};

/// Steps 0, 1, 2, 4, ..., 512, then evenly to 143,000; perplexity and gap follow Table 1.
std::shared_ptr<Trajectory> syntheticTrajectory(const SyntheticOptions& options);
std::shared_ptr<const SeriesTable> syntheticTable(const SyntheticOptions& options = {});
/// Boundaries at 10,000 (detected, with interval) and 77,000 (manual).
views::PhaseBands syntheticPhases();

}  // namespace gridscope::test
