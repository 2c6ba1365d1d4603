// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/figure/figure_csv.h"

#include <cmath>
#include <vector>

#include "core/base/numbers.h"
#include "views/figure/figure_provenance.h"
#include "views/figure/figure_renderer.h"
#include "views/plot/fork_series.h"
#include "views/plot/heat_map_picture.h"
#include "views/plot/plot_columns.h"
#include "views/plot/trade_picture.h"

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

std::string toText(const std::vector<PlotColumn>& columns) {
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
    if (figure.input().spec.name == QLatin1String("fork"))
        return text + toText(forkColumns(figure.input().fork->results));
    if (figure.input().spec.name == QLatin1String("fork-trade"))
        return text + toText(tradeColumns(*figure.input().fork));
    const SeriesTable& table = *figure.input().table;
    if (figure.panels() != nullptr) return text + toText(panelColumns(table, *figure.panels()));
    if (figure.heatMap() != nullptr) return text + heatMapCsv(table, figure.heatMap()->data());
    const bool isResiduals = figure.input().spec.name == QLatin1String("histogram");
    return text + toText(isResiduals ? residualColumns(*figure.outlines())
                                     : codeColumns(*figure.outlines()));
}

}  // namespace gridscope::views
