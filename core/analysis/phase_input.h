// SPDX-License-Identifier: GPL-3.0-or-later

// The curves of a trajectory as the phase detectors take them.
#pragma once

#include <string_view>

#include "core/analysis/phase_types.h"
#include "core/base/expected.h"
#include "core/trajectory/series_table.h"

namespace gridscope {

/// Steps, FP32 perplexity, kurtosis, learning rate and the gap of `grid` (empty = the run's first;
/// id or preset name; none in a run without grids).
/// @param metric a schema name of metricTable to look at instead (metrics of matrices: their mean
///        over the scope); empty = perplexity, gap and kurtosis
/// Errors: trajectory.no-data (no such grid, metric measured nowhere), settings.syntax.
Expected<PhaseInput> phaseInput(const SeriesTable& table, std::string_view grid,
                                std::string_view metric = {});

}  // namespace gridscope
