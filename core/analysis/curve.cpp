// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/curve.h"

#include <algorithm>
#include <cmath>

namespace gridscope {

std::string Curve::remarks() const {
    std::string text;
    if (unusable > 0)
        text += std::to_string(unusable) + " rows without a usable value are left out. ";
    if (duplicates > 0)
        text += std::to_string(duplicates) + " rows share a step with another and are averaged. ";
    return text;
}

Curve makeCurve(std::span<const double> steps, std::span<const double> values,
                std::span<const double> weights, const std::function<double(double)>& transform) {
    struct Point {
        double step, value, weight;
    };
    Curve curve;
    std::vector<Point> points;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Point point{steps[i], transform(values[i]), weights.empty() ? 1.0 : weights[i]};
        const bool usable = std::isfinite(point.step) && point.step >= 0.0 &&
                            std::isfinite(point.value) && std::isfinite(point.weight) &&
                            point.weight > 0.0;
        if (usable)
            points.push_back(point);
        else
            ++curve.unusable;
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const Point& a, const Point& b) { return a.step < b.step; });
    for (std::size_t first = 0; first < points.size();) {
        double sum = 0.0;
        double weight = 0.0;
        std::size_t end = first;
        for (; end < points.size() && points[end].step == points[first].step; ++end) {
            sum += points[end].value;
            weight += points[end].weight;
        }
        const auto count = static_cast<double>(end - first);
        curve.steps.push_back(points[first].step);
        curve.values.push_back(sum / count);
        curve.weights.push_back(weight / count);
        curve.duplicates += static_cast<int>(end - first) - 1;
        first = end;
    }
    return curve;
}

}  // namespace gridscope
