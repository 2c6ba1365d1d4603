// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/finite_series.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gridscope::views {

namespace {

constexpr double kLargestCoordinate = 1e250;

bool drawable(double coordinate) {
    return std::isfinite(coordinate) && std::fabs(coordinate) <= kLargestCoordinate;
}

/// An end of an interval; one that cannot be drawn falls onto the point itself.
double intervalEnd(double value, double point, ValueScale scale) {
    const double coordinate = toAxis(value, scale);
    if (!drawable(coordinate)) return point;
    if (scale == ValueScale::Logarithmic && value <= 0) return point;
    return coordinate;
}

/// Rows by ascending step: stages may overlap, and plots need sorted keys.
std::vector<std::size_t> byStep(const std::vector<double>& steps, std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::isnan(steps[b]) ? !std::isnan(steps[a]) : steps[a] < steps[b];
    });
    return order;
}

}  // namespace

int FiniteSeries::indexOfRow(int row) const {
    const auto found = std::find(rows.begin(), rows.end(), row);
    return found == rows.end() ? -1 : static_cast<int>(found - rows.begin());
}

FiniteSeries finiteSeries(const std::vector<double>& steps, const Series& series,
                          ValueScale valueScale, StepScale stepScale) {
    FiniteSeries result;
    const std::size_t count = std::min(steps.size(), series.values.size());
    const bool hasInterval =
        series.low.size() >= count && series.high.size() >= count && !series.low.empty();
    for (const std::size_t i : byStep(steps, count)) {
        const double value = series.values[i];
        if (std::isnan(value) || std::isnan(steps[i])) {
            ++result.missing;
            continue;
        }
        const double coordinate = toAxis(value, valueScale);
        if (!drawable(coordinate)) {
            ++result.infinite;
            continue;
        }
        if (valueScale == ValueScale::Logarithmic && value <= 0) {
            ++result.notPositive;
            continue;
        }
        result.rows.push_back(static_cast<int>(i));
        result.x.push_back(stepPosition(steps[i], stepScale));
        result.y.push_back(coordinate);
        result.values.push_back(value);
        if (!hasInterval) continue;
        result.low.push_back(intervalEnd(series.low[i], coordinate, valueScale));
        result.high.push_back(intervalEnd(series.high[i], coordinate, valueScale));
    }
    return result;
}

}  // namespace gridscope::views
