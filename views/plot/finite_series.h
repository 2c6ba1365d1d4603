// SPDX-License-Identifier: GPL-3.0-or-later

// A series without what cannot be drawn, which is counted instead.
#pragma once

#include <vector>

#include "core/trajectory/series_table.h"
#include "views/plot/plot_scale.h"

namespace gridscope::views {

struct FiniteSeries {
    std::vector<int> rows;          ///< row of each point in the SeriesTable
    std::vector<double> x, y;       ///< axis coordinates, x ascending
    std::vector<double> low, high;  ///< interval as axis coordinates; empty = the metric has none
    std::vector<double> values;     ///< as measured
    int missing = 0;                ///< NaN: not measured
    int infinite = 0;               ///< infinite, or beyond what an axis can hold (1e250)
    int notPositive = 0;            ///< zero or negative on a logarithmic axis

    /// Position of `row` among the points, or -1.
    int indexOfRow(int row) const;
};

/// The drawable points of `series` over `steps` (equal lengths; a shorter series ends early).
FiniteSeries finiteSeries(const std::vector<double>& steps, const Series& series,
                          ValueScale valueScale, StepScale stepScale);

}  // namespace gridscope::views
