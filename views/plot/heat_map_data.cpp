// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/heat_map_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gridscope::views {

bool HeatMapData::isEmpty() const {
    return std::none_of(values.begin(), values.end(), [](const std::vector<double>& layer) {
        return std::any_of(layer.begin(), layer.end(), [](double v) { return std::isfinite(v); });
    });
}

int HeatMapData::nearestColumn(double at, StepScale scale) const {
    if (positions.empty()) return -1;
    const auto distance = [&](double position) {
        return scale == StepScale::Logarithmic ? std::fabs(std::log(position / at))
                                               : std::fabs(position - at);
    };
    const auto above = std::lower_bound(positions.begin(), positions.end(), at);
    const auto index = static_cast<int>(above - positions.begin());
    if (above == positions.end()) return index - 1;
    if (above == positions.begin()) return index;
    return distance(*(above - 1)) <= distance(*above) ? index - 1 : index;
}

bool isLayerMetric(const std::string& metric) {
    const MetricInfo* info = findMetric(metric);
    return info != nullptr &&
           (info->kind == MetricKind::Layer || info->kind == MetricKind::GridLayer);
}

QString layerMetricFor(const QString& metric) {
    return isLayerMetric(metric.toStdString()) ? metric : QStringLiteral("level_flip_rate");
}

HeatMapData heatMapData(const SeriesTable& table, const std::string& metric,
                        const std::string& grid, StepScale scale) {
    HeatMapData data;
    data.metric = metric;
    if (!isLayerMetric(metric)) return data;
    const MetricInfo& info = *findMetric(metric);
    data.title = QString::fromUtf8(info.title.data(), static_cast<qsizetype>(info.title.size()));
    if (!info.unit.empty())
        data.title +=
            QStringLiteral(" [") +
            QString::fromUtf8(info.unit.data(), static_cast<qsizetype>(info.unit.size())) + u']';
    for (std::size_t i = 0; i < table.rowCount(); ++i)
        if (!std::isnan(table.steps()[i])) data.rows.push_back(static_cast<int>(i));
    const auto stepOf = [&](int row) { return table.steps()[static_cast<std::size_t>(row)]; };
    std::stable_sort(data.rows.begin(), data.rows.end(),
                     [&](int a, int b) { return stepOf(a) < stepOf(b); });
    for (const int row : data.rows) data.positions.push_back(stepPosition(stepOf(row), scale));
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    const auto layers = static_cast<int>(table.trajectory().layers.size());
    for (int layer = 0; layer < layers; ++layer) {
        const Series series = table.series(metric, grid, layer);
        std::vector<double> values;
        for (const int row : data.rows) {
            const double value = series.values[static_cast<std::size_t>(row)];
            values.push_back(value);
            if (!std::isfinite(value)) {
                ++data.missing;
                continue;
            }
            low = std::min(low, value);
            high = std::max(high, value);
        }
        data.values.push_back(std::move(values));
    }
    if (low <= high) {
        data.low = low;
        // A single value still needs a scale.
        data.high = high > low ? high : low + std::max(1e-6, std::fabs(low) * 1e-3);
    }
    return data;
}

}  // namespace gridscope::views
