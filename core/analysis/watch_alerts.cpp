// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/watch_alerts.h"

#include <cmath>

namespace gridscope {

Expected<WatchFindings> watchFindings(const SeriesTable& table, std::string_view grid,
                                      const MonitorSettings& monitorSettings,
                                      const GapBandSettings& band) {
    GRIDSCOPE_TRY_ASSIGN(monitor, ConvergenceMonitor::make(monitorSettings));
    const std::vector<double>& steps = table.steps();
    const std::vector<double> losses = table.series("fp32_ce").values;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        // Not measured is no point; a loss that was measured and is infinite is one.
        if (!std::isnan(losses[i])) monitor.add(steps[i], losses[i]);
    }
    WatchFindings findings;
    findings.verdict = monitor.verdict();
    findings.convergence = monitor.event();
    const std::vector<std::string>& grids = table.trajectory().gridIds;
    const std::string id = !grid.empty() || grids.empty() ? std::string(grid) : grids.front();
    findings.gapClimb = gapClimb(steps, table.series("gap_percent", id).values, band);
    for (std::size_t i = 0; i < steps.size() && findings.verdict.noise > 0.0; ++i) {
        if (steps[i] == findings.verdict.bestStep) findings.bestRow = i;
    }
    return findings;
}

}  // namespace gridscope
