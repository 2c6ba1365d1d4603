// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/phase_input.h"

#include <algorithm>
#include <cmath>

#include "core/quant/grid.h"

namespace gridscope {

namespace {

/// Empty where no row has the metric: "not measured".
std::vector<double> measured(const SeriesTable& table, std::string_view metric,
                             const std::string& grid) {
    std::vector<double> values = table.series(metric, grid).values;
    const bool any =
        std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
    return any ? values : std::vector<double>();
}

std::string metricNames() {
    std::string names;
    for (const MetricInfo& metric : metricTable())
        names += (names.empty() ? "" : ", ") + std::string(metric.id);
    return names;
}

/// The id of `grid`, or of the first grid of the run; empty in a run without grids.
Expected<std::string> gridOf(const SeriesTable& table, std::string_view grid) {
    const std::vector<std::string>& grids = table.trajectory().gridIds;
    if (grid.empty()) return grids.empty() ? std::string() : grids.front();
    GRIDSCOPE_TRY_ASSIGN(parsed, parseGrid(grid));
    const std::string id = gridId(parsed);
    if (std::find(grids.begin(), grids.end(), id) == grids.end())
        return Error{ErrorCode::TrajectoryNoData, id, "this grid was not measured in this run",
                     "Probe again with --grid " + id};
    return id;
}

}  // namespace

Expected<PhaseInput> phaseInput(const SeriesTable& table, std::string_view grid,
                                std::string_view metric) {
    GRIDSCOPE_TRY_ASSIGN(id, gridOf(table, grid));
    PhaseInput input;
    input.steps = table.steps();
    input.ppl = table.series("fp32_ppl").values;
    if (!id.empty()) input.gapPercent = measured(table, "gap_percent", id);
    input.kurtosis = measured(table, "kurtosis_mean", {});
    input.learningRate = measured(table, "learning_rate", {});
    if (metric.empty()) return input;
    if (findMetric(metric) == nullptr)
        return Error{ErrorCode::SettingsSyntax, "--metric",
                     "no metric is called " + escapeForDisplay(metric),
                     "Choose from " + metricNames()};
    input.metric = metric;
    input.values = measured(table, metric, id);
    if (input.values.empty())
        return Error{ErrorCode::TrajectoryNoData, input.metric,
                     "no checkpoint of this run has a value of it", "Look at another metric"};
    return input;
}

}  // namespace gridscope
