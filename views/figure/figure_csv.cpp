// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/figure/figure_csv.h"

#include <cmath>
#include <vector>

#include "core/base/numbers.h"
#include "views/figure/figure_provenance.h"
#include "views/figure/figure_renderer.h"
#include "views/plot/heat_map_picture.h"
#include "views/plot/outline_picture.h"
#include "views/plot/panel_stack.h"

namespace gridscope::views {

namespace {

std::string cell(double value) { return std::isnan(value) ? std::string() : formatNumber(value); }

/// A text field; quoted where it must be.
std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

struct Column {
    std::string header;
    std::vector<double> values;
};

std::string toText(const std::vector<Column>& columns) {
    std::string text;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        if (c > 0) text += ',';
        text += field(columns[c].header);
    }
    text += '\n';
    for (std::size_t row = 0; row < columns.front().values.size(); ++row) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (c > 0) text += ',';
            text += cell(columns[c].values[row]);
        }
        text += '\n';
    }
    return text;
}

/// "gap_percent a4g128:minmax [%]".
std::string header(const PanelSeries& series, std::string_view suffix) {
    std::string name = series.metric + std::string(suffix);
    if (!series.grid.empty()) name += ' ' + series.grid;
    const MetricInfo* info = findMetric(series.metric);
    if (info != nullptr && !info->unit.empty()) name += " [" + std::string(info->unit) + ']';
    return name;
}

std::string panelsCsv(const SeriesTable& table, const PanelStack& panels) {
    std::vector<Column> columns{{"step", table.steps()}};
    for (std::size_t i = 0; i < panels.count(); ++i) {
        for (const PanelSeries& one : panels.panel(i).series) {
            // From the table, not from the drawing, whose coordinates are rounded by asinh.
            Series series = table.series(one.metric, one.grid, one.layer);
            columns.push_back({header(one, ""), std::move(series.values)});
            if (series.low.empty()) continue;
            columns.push_back({header(one, "_low"), std::move(series.low)});
            columns.push_back({header(one, "_high"), std::move(series.high)});
        }
    }
    return toText(columns);
}

std::string outlinesCsv(const OutlinePicture& picture, bool isResiduals) {
    const auto& first = picture.outlines().front();
    std::vector<Column> columns;
    if (isResiduals) {
        columns.push_back({"residual_low [scales]", {first.edges.begin(), first.edges.end() - 1}});
        columns.push_back({"residual_high [scales]", {first.edges.begin() + 1, first.edges.end()}});
    } else {
        Column codes{"code", {}};
        for (std::size_t i = 0; i < first.heights.size(); ++i)
            codes.values.push_back(first.edges[i] + 0.5);
        columns.push_back(std::move(codes));
    }
    for (const Outline& outline : picture.outlines())
        columns.push_back(
            {(isResiduals ? "density step " : "share step ") + formatNumber(outline.step),
             outline.heights});
    return toText(columns);
}

std::string heatMapCsv(const SeriesTable& table, const HeatMapData& data) {
    std::string text = "step,layer," + field(data.metric) + '\n';
    for (std::size_t column = 0; column < data.rows.size(); ++column) {
        const double step = table.steps()[static_cast<std::size_t>(data.rows[column])];
        for (std::size_t layer = 0; layer < data.values.size(); ++layer)
            text += formatNumber(step) + ',' + field(table.trajectory().layers[layer].name) + ',' +
                    cell(data.values[layer][column]) + '\n';
    }
    return text;
}

}  // namespace

std::string figureCsv(const FigureRenderer& figure) {
    std::string text;
    for (const QString& line : provenanceLines(figure.input()))
        text += "# " + line.simplified().toStdString() + '\n';
    const SeriesTable& table = *figure.input().table;
    if (figure.panels() != nullptr) return text + panelsCsv(table, *figure.panels());
    if (figure.heatMap() != nullptr) return text + heatMapCsv(table, figure.heatMap()->data());
    const bool isResiduals = figure.input().spec.name == QLatin1String("histogram");
    return text + outlinesCsv(*figure.outlines(), isResiduals);
}

}  // namespace gridscope::views
