// SPDX-License-Identifier: GPL-3.0-or-later

// What a growing trajectory has to alert about: FP32 convergence, divergence, a climbing gap.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/analysis/convergence_monitor.h"
#include "core/analysis/gap_band.h"
#include "core/trajectory/series_table.h"

namespace gridscope {

struct WatchFindings {
    MonitorVerdict verdict;  ///< of ln FP32 perplexity over the measured rows
    std::optional<MonitorEvent> convergence;
    std::optional<GapClimb> gapClimb;    ///< of the grid
    std::optional<std::size_t> bestRow;  ///< of the verdict's best step
};

/// Looks at all rows anew: rows may come out of order, and a restarted watch must say the same.
/// @param grid id; empty = the run's first
/// Errors: settings.range
Expected<WatchFindings> watchFindings(const SeriesTable& table, std::string_view grid,
                                      const MonitorSettings& monitor,
                                      const GapBandSettings& band = {});

}  // namespace gridscope
