// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/plot_columns.h"

#include "core/base/numbers.h"
#include "views/plot/heat_map_data.h"
#include "views/plot/outline_picture.h"
#include "views/plot/panel_stack.h"

namespace gridscope::views {

namespace {

std::string header(const PanelSeries& series, std::string_view suffix) {
    std::string name = series.metric + std::string(suffix);
    if (!series.grid.empty()) name += ' ' + series.grid;
    const MetricInfo* info = findMetric(series.metric);
    if (info != nullptr && !info->unit.empty()) name += " [" + std::string(info->unit) + ']';
    return name;
}

void addOutlines(std::vector<PlotColumn>& columns, const OutlinePicture& picture,
                 const std::string& quantity) {
    for (const Outline& outline : picture.outlines())
        columns.push_back({quantity + " step " + formatNumber(outline.step), outline.heights});
}

}  // namespace

std::vector<PlotColumn> panelColumns(const SeriesTable& table, const PanelStack& panels) {
    std::vector<PlotColumn> columns{{"step", table.steps()}};
    for (std::size_t i = 0; i < panels.count(); ++i) {
        for (const PanelSeries& one : panels.panel(i).series) {
            if (one.origin != SeriesOrigin::Run) continue;
            // From the table, not from the drawing, whose coordinates are rounded by asinh.
            Series series = table.series(one.metric, one.grid, one.layer);
            columns.push_back({header(one, ""), std::move(series.values)});
            if (series.low.empty()) continue;
            columns.push_back({header(one, "_low"), std::move(series.low)});
            columns.push_back({header(one, "_high"), std::move(series.high)});
        }
    }
    return columns;
}

std::vector<PlotColumn> residualColumns(const OutlinePicture& picture) {
    if (picture.isEmpty()) return {};
    const std::vector<double>& edges = picture.outlines().front().edges;
    std::vector<PlotColumn> columns{{"residual_low [scales]", {edges.begin(), edges.end() - 1}},
                                    {"residual_high [scales]", {edges.begin() + 1, edges.end()}}};
    addOutlines(columns, picture, "density");
    return columns;
}

std::vector<PlotColumn> codeColumns(const OutlinePicture& picture) {
    if (picture.isEmpty()) return {};
    const Outline& first = picture.outlines().front();
    PlotColumn codes{"code", {}};
    for (std::size_t i = 0; i < first.heights.size(); ++i)
        codes.values.push_back(first.edges[i] + 0.5);
    std::vector<PlotColumn> columns{std::move(codes)};
    addOutlines(columns, picture, "share");
    return columns;
}

std::vector<PlotColumn> heatMapColumns(const SeriesTable& table, const HeatMapData& data) {
    if (data.isEmpty()) return {};
    PlotColumn steps{"step", {}};
    for (const int row : data.rows)
        steps.values.push_back(table.steps()[static_cast<std::size_t>(row)]);
    std::vector<PlotColumn> columns{std::move(steps)};
    for (std::size_t layer = 0; layer < data.values.size(); ++layer)
        columns.push_back(
            {data.metric + ' ' + table.trajectory().layers[layer].name, data.values[layer]});
    return columns;
}

}  // namespace gridscope::views
