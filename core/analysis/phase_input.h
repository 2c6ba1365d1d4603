// SPDX-License-Identifier: GPL-3.0-or-later

// The curves of a trajectory as the phase detectors take them.
#pragma once

#include <string_view>

#include "core/analysis/phase_types.h"
#include "core/base/expected.h"
#include "core/trajectory/series_table.h"

namespace gridscope {

/// Steps, FP32 perplexity and the gap of `grid` (empty = the run's first; id or preset name).
/// Errors: trajectory.no-data (no such grid), settings.syntax.
Expected<PhaseInput> phaseInput(const SeriesTable& table, std::string_view grid);

}  // namespace gridscope
