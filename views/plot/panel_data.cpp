// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/panel_data.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

#include "core/quant/grid.h"

namespace gridscope::views {

namespace {

QString translated(const char* text, int n = -1) {
    return QCoreApplication::translate("PanelData", text, nullptr, n);
}

bool needsGrid(const MetricInfo& info) {
    return info.kind == MetricKind::Grid || info.kind == MetricKind::GridLayer;
}

bool needsLayer(const MetricInfo& info) {
    return info.kind == MetricKind::Layer || info.kind == MetricKind::GridLayer;
}

QString fromView(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// Grids to draw with their position in the plan, which decides the colour.
std::vector<std::pair<std::size_t, std::string>> chosenGrids(const Trajectory& trajectory,
                                                             GridChoice choice,
                                                             const std::string& current) {
    std::vector<std::pair<std::size_t, std::string>> grids;
    for (std::size_t i = 0; i < trajectory.gridIds.size(); ++i) {
        if (choice == GridChoice::All || trajectory.gridIds[i] == current)
            grids.emplace_back(i, trajectory.gridIds[i]);
    }
    return grids;
}

}  // namespace

bool PanelData::isEmpty() const {
    return std::all_of(series.begin(), series.end(),
                       [](const PanelSeries& one) { return one.points.x.empty(); });
}

PanelData makePanelData(const SeriesTable& table, const PanelSpec& spec,
                        const PanelChoice& choice) {
    PanelData panel;
    panel.spec = spec;
    panel.axisLabel =
        spec.unit.isEmpty() ? spec.title : spec.title + QStringLiteral(" [") + spec.unit + u']';
    for (const PanelMetric& wanted : spec.metrics) {
        const bool hasLayer = choice.layer >= 0;
        const QString id =
            hasLayer && !wanted.layerMetric.isEmpty() ? wanted.layerMetric : wanted.metric;
        const std::string metric = id.toStdString();
        const MetricInfo* info = findMetric(metric);
        if (info == nullptr) continue;
        const int layer = needsLayer(*info) ? choice.layer : -1;
        const auto add = [&](const std::string& grid, const QString& name, std::size_t index) {
            const Series series = table.series(metric, grid, layer);
            panel.series.push_back(
                {id + u'|' + QString::fromStdString(grid) + u'|' + QString::number(layer),
                 layer >= 0 ? name + QStringLiteral(", ") + layerLabel(table.trajectory(), layer)
                            : name,
                 index, finiteSeries(table.steps(), series, spec.scale, choice.stepScale), metric,
                 grid, layer});
        };
        if (needsGrid(*info)) {
            const auto grids =
                chosenGrids(table.trajectory(), wanted.grids, choice.grid.toStdString());
            for (const auto& [index, grid] : grids) add(grid, gridLabel(grid), index);
        } else {
            add({}, wanted.name.isEmpty() ? fromView(info->title) : wanted.name,
                panel.series.size());
        }
    }
    return panel;
}

bool isProbed(const ProbeRecord& row) {
    return row.status == RowStatus::Complete || row.status == RowStatus::Weights;
}

QString gridLabel(const std::string& gridId) {
    const auto grid = parseGrid(gridId);
    return QString::fromStdString(grid ? gridDisplayName(*grid) : gridId);
}

QString layerLabel(const Trajectory& trajectory, int layer) {
    if (layer < 0 || static_cast<std::size_t>(layer) >= trajectory.layers.size())
        return translated("all matrices");
    const LayerInfo& info = trajectory.layers[static_cast<std::size_t>(layer)];
    if (info.block < 0) return QString::fromStdString(info.name);
    return translated("block %1, %2").arg(info.block).arg(QString::fromStdString(info.kind));
}

AxisRange fittedSteps(const std::vector<PanelData>& panels, StepScale scale,
                      std::span<const double> more) {
    std::vector<double> ends(more.begin(), more.end());
    for (const PanelData& panel : panels) {
        for (const PanelSeries& series : panel.series) {
            if (series.points.x.empty()) continue;
            ends.push_back(series.points.x.front());
            ends.push_back(series.points.x.back());
        }
    }
    return paddedRange(ends, scale == StepScale::Logarithmic);
}

AxisRange fittedValues(const PanelData& panel, const std::set<QString>& hidden, AxisRange steps) {
    std::vector<double> values;
    for (const PanelSeries& series : panel.series) {
        if (hidden.contains(series.key)) continue;
        const FiniteSeries& points = series.points;
        for (std::size_t i = 0; i < points.x.size(); ++i) {
            if (points.x[i] < steps.low || points.x[i] > steps.high) continue;
            values.push_back(points.y[i]);
            if (points.low.empty()) continue;
            values.push_back(points.low[i]);
            values.push_back(points.high[i]);
        }
    }
    if (panel.spec.reference && !values.empty())
        values.push_back(toAxis(*panel.spec.reference, panel.spec.scale));
    const bool logarithmic = panel.spec.scale == ValueScale::Logarithmic;
    const AxisRange range = paddedRange(values, logarithmic);
    // The minimum is named below its point.
    constexpr double kLonger = 1.2;
    return panel.spec.marksMinimum ? zoomed(range, kLonger, range.high, logarithmic) : range;
}

int minimumRow(const PanelData& panel) {
    if (panel.series.empty() || panel.series.front().points.values.empty()) return -1;
    const FiniteSeries& points = panel.series.front().points;
    const auto least = std::min_element(points.values.begin(), points.values.end());
    return points.rows[static_cast<std::size_t>(least - points.values.begin())];
}

QString badgeText(const PanelData& panel, AxisRange values) {
    int infinite = 0;
    int notPositive = 0;
    int outside = 0;
    for (const PanelSeries& series : panel.series) {
        if (series.origin == SeriesOrigin::Bump) continue;  // the mean has these points too
        infinite += series.points.infinite;
        notPositive += series.points.notPositive;
        outside += static_cast<int>(
            std::count_if(series.points.y.begin(), series.points.y.end(),
                          [&](double y) { return y < values.low || y > values.high; }));
    }
    QStringList parts;
    if (infinite > 0) parts << translated("%1 Inf").arg(infinite);
    if (notPositive > 0) parts << translated("%1 not positive").arg(notPositive);
    if (outside > 0) parts << translated("%1 outside").arg(outside);
    return parts.join(QStringLiteral(", "));
}

}  // namespace gridscope::views
