// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/gap_band.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gridscope {

namespace {

/// Fewer points leave a line no error to speak of.
constexpr std::size_t kLeastPoints = 4;

struct Point {
    double x, y;
};

struct Prediction {
    double value, error;
};

/// Straight line through `points`, its value at `x` and the error of a new point there. The error
/// of few points is widened by what Student's t adds to the normal law at about three degrees.
Prediction predict(std::span<const Point> points, double x) {
    const auto n = static_cast<double>(points.size());
    double meanX = 0.0, meanY = 0.0, xx = 0.0, xy = 0.0, squares = 0.0;
    for (const Point& p : points) {
        meanX += p.x / n;
        meanY += p.y / n;
    }
    for (const Point& p : points) {
        xx += (p.x - meanX) * (p.x - meanX);
        xy += (p.x - meanX) * (p.y - meanY);
    }
    const double slope = xx > 0.0 ? xy / xx : 0.0;
    for (const Point& p : points) {
        const double off = p.y - meanY - slope * (p.x - meanX);
        squares += off * off;
    }
    const double far = xx > 0.0 ? (x - meanX) * (x - meanX) / xx : 0.0;
    const double error = std::sqrt(squares / (n - 2.0) * (1.0 + 1.0 / n + far));
    return {meanY + slope * (x - meanX), error * (1.0 + 2.0 / n)};
}

}  // namespace

std::optional<GapClimb> gapClimb(std::span<const double> steps, std::span<const double> gapPercent,
                                 const GapBandSettings& settings) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (!std::isfinite(gapPercent[i]) || gapPercent[i] <= -100.0 || !(steps[i] >= 0.0))
            continue;
        const Point point{std::log1p(steps[i]), std::log1p(gapPercent[i] / 100.0)};
        const std::size_t count =
            std::min(points.size(), static_cast<std::size_t>(settings.points));
        if (count >= kLeastPoints) {
            const Prediction band =
                predict(std::span(points).subspan(points.size() - count), point.x);
            const double top = 100.0 * std::expm1(band.value + settings.errors * band.error);
            if (gapPercent[i] > top &&
                gapPercent[i] - 100.0 * std::expm1(band.value) > settings.minPercent)
                return GapClimb{steps[i], gapPercent[i], top};
        }
        points.push_back(point);
    }
    return std::nullopt;
}

}  // namespace gridscope
