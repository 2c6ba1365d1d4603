// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/series_table.h"

#include <cmath>

#include "core/trajectory/record_columns_impl.h"

namespace gridscope {

namespace {

/// The value at `index`, or the mean over all measured ones for index -1.
template <class Values, class Get>
double pick(const Values& values, int index, Get get) {
    if (index >= 0)
        return static_cast<std::size_t>(index) < values.size()
                   ? static_cast<double>(get(values[static_cast<std::size_t>(index)]))
                   : kNotMeasured;
    double sum = 0;
    std::size_t count = 0;
    for (const auto& entry : values) {
        const auto value = static_cast<double>(get(entry));
        if (std::isnan(value)) continue;
        sum += value;
        ++count;
    }
    return count == 0 ? kNotMeasured : sum / static_cast<double>(count);
}

double rowValue(const ProbeRecord& row, std::string_view metric) {
    if (metric.starts_with("fp32_")) {
        const auto* column = findColumn(fp32Columns(), metric.substr(5));
        return column == nullptr ? kNotMeasured : column->of(row.fp32);
    }
    if (const auto* column = findColumn(weightColumns(), metric)) return column->of(row);
    if (const auto* column = findColumn(checkpointNumbers(), metric)) return column->of(row);
    return kNotMeasured;
}

double gridValue(const GridScores& scores, std::string_view metric) {
    if (metric == "windows_used") return scores.windowsUsed;
    const auto* column = findColumn(gridColumns(), metric);
    return column == nullptr ? kNotMeasured : column->of(scores);
}

double layerValue(const ProbeRecord& row, std::string_view metric, int layer) {
    const auto* column = findColumn(layerColumns(), metric);
    if (column == nullptr) return kNotMeasured;
    return pick(row.layers, layer, [&](const MatrixMoments& m) { return column->of(m); });
}

double gridLayerValue(const GridScores& scores, std::string_view metric, int layer) {
    // What is stored for the whole scope is better than a mean over its matrices.
    if (layer < 0) {
        if (const auto* whole = findColumn(gridColumns(), metric)) return whole->of(scores);
    }
    if (const auto* array = findColumn(gridLayerArrays(), metric))
        return pick(scores.*array->member, layer, [](float value) { return value; });
    const auto* column = findColumn(gridLayerColumns(), metric);
    if (column == nullptr) return kNotMeasured;
    return pick(scores.layers, layer, [&](const GridStatistics& s) { return column->of(s); });
}

struct Request {
    MetricKind kind;
    std::string_view metric;
    std::string_view grid;
    int layer;
};

double valueOf(const ProbeRecord& row, const Request& request, std::string_view metric) {
    if (request.kind == MetricKind::Row) return rowValue(row, metric);
    if (request.kind == MetricKind::Layer) return layerValue(row, metric, request.layer);
    const auto found = row.grids.find(std::string(request.grid));
    if (found == row.grids.end()) return kNotMeasured;
    return request.kind == MetricKind::Grid ? gridValue(found->second, metric)
                                            : gridLayerValue(found->second, metric, request.layer);
}

std::vector<double> valuesOf(const Trajectory& trajectory, const Request& request,
                             std::string_view metric) {
    std::vector<double> values;
    values.reserve(trajectory.rows.size());
    for (const auto& row : trajectory.rows) values.push_back(valueOf(*row, request, metric));
    return values;
}

}  // namespace

SeriesTable::SeriesTable(std::shared_ptr<const Trajectory> trajectory)
    : m_trajectory(std::move(trajectory)) {
    m_steps.reserve(m_trajectory->rows.size());
    for (const auto& row : m_trajectory->rows)
        m_steps.push_back(row->step < 0 ? kNotMeasured : static_cast<double>(row->step));
}

Series SeriesTable::series(std::string_view metric, std::string_view grid, int layer) const {
    Series series;
    const MetricInfo* info = findMetric(metric);
    if (info == nullptr) {
        series.values.assign(rowCount(), kNotMeasured);
        return series;
    }
    const Request request{info->kind, metric, grid, layer};
    series.values = valuesOf(*m_trajectory, request, metric);
    if (info->hasInterval) {
        series.low = valuesOf(*m_trajectory, request, std::string(metric) + "_low");
        series.high = valuesOf(*m_trajectory, request, std::string(metric) + "_high");
    }
    return series;
}

int SeriesTable::nearestRow(double step) const {
    int best = m_steps.empty() ? -1 : 0;
    double bestDistance = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < m_steps.size(); ++i) {
        const double distance = std::fabs(m_steps[i] - step);
        if (distance < bestDistance) {  // false for rows of unknown step
            bestDistance = distance;
            best = static_cast<int>(i);
        }
    }
    return best;
}

}  // namespace gridscope
