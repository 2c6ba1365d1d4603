// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/segment_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gridscope {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Line {
    double meanX = 0.0, meanY = 0.0, slope = 0.0, squares = 0.0;
};

/// Running sums, so that the line through any stretch costs O(1).
class LineSums {
public:
    LineSums(std::span<const double> x, std::span<const double> y) : m_sums(x.size() + 1) {
        // Sums of centred values lose fewer digits.
        for (std::size_t i = 0; i < x.size(); ++i) {
            m_centreX += x[i] / static_cast<double>(x.size());
            m_centreY += y[i] / static_cast<double>(x.size());
        }
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double dx = x[i] - m_centreX;
            const double dy = y[i] - m_centreY;
            const Sums& s = m_sums[i];
            m_sums[i + 1] = {s.x + dx, s.y + dy, s.xx + dx * dx, s.xy + dx * dy, s.yy + dy * dy};
        }
    }

    /// Least squares over the points first..end-1.
    Line line(std::size_t first, std::size_t end) const {
        const Sums& a = m_sums[first];
        const Sums& b = m_sums[end];
        const auto count = static_cast<double>(end - first);
        const double meanX = (b.x - a.x) / count;
        const double meanY = (b.y - a.y) / count;
        const double xx = b.xx - a.xx - count * meanX * meanX;
        const double xy = b.xy - a.xy - count * meanX * meanY;
        const double yy = b.yy - a.yy - count * meanY * meanY;
        const double slope = xx > 0.0 ? xy / xx : 0.0;
        return {meanX + m_centreX, meanY + m_centreY, slope, std::max(yy - slope * xy, 0.0)};
    }

    double variance() const {
        const Sums& all = m_sums.back();
        return all.yy / static_cast<double>(m_sums.size() - 1);
    }

private:
    struct Sums {
        double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
    };
    std::vector<Sums> m_sums;
    double m_centreX = 0.0, m_centreY = 0.0;
};

double bicOf(double squares, std::size_t count, std::size_t breaks, double floor) {
    const auto n = static_cast<double>(count);
    const double meanSquare = std::max({squares / n, floor, std::numeric_limits<double>::min()});
    return n * std::log(meanSquare) + (3.0 * static_cast<double>(breaks) + 3.0) * std::log(n);
}

}  // namespace

std::vector<SegmentFit> fitSegments(std::span<const double> x, std::span<const double> y,
                                    int maxBreaks, int minPoints) {
    const std::size_t n = x.size();
    const auto least = static_cast<std::size_t>(minPoints);
    std::vector<SegmentFit> fits;
    if (n < least) return fits;
    const LineSums sums(x, y);
    const double floor = 1e-12 * sums.variance();

    // cost[b][end]: least squares of the points before `end` with b breaks; origin[b][end]: where
    // the last of them lies. Each line is fitted once and serves every number of breaks.
    const std::size_t most = std::min(static_cast<std::size_t>(maxBreaks), n / least - 1);
    std::vector<std::vector<double>> cost(most + 1, std::vector<double>(n + 1, kInfinity));
    std::vector<std::vector<std::size_t>> origin(most + 1, std::vector<std::size_t>(n + 1, 0));
    for (std::size_t end = least; end <= n; ++end) {
        cost[0][end] = sums.line(0, end).squares;
        for (std::size_t at = least; at + least <= end; ++at) {
            const double squares = sums.line(at, end).squares;
            for (std::size_t b = 1; b <= most; ++b) {
                const double total = cost[b - 1][at] + squares;
                if (total >= cost[b][end]) continue;
                cost[b][end] = total;
                origin[b][end] = at;
            }
        }
    }
    for (std::size_t breaks = 0; breaks <= most; ++breaks) {
        SegmentFit fit{{}, cost[breaks][n], bicOf(cost[breaks][n], n, breaks, floor)};
        for (std::size_t b = breaks, end = n; b > 0; --b) {
            end = origin[b][end];
            fit.breaks.push_back(end);
        }
        std::reverse(fit.breaks.begin(), fit.breaks.end());
        fits.push_back(std::move(fit));
    }
    return fits;
}

std::vector<double> fittedValues(std::span<const double> x, std::span<const double> y,
                                 const SegmentFit& fit) {
    const LineSums sums(x, y);
    std::vector<double> fitted(x.size());
    for (std::size_t segment = 0; segment <= fit.breaks.size(); ++segment) {
        const std::size_t first = segment == 0 ? 0 : fit.breaks[segment - 1];
        const std::size_t end = segment == fit.breaks.size() ? x.size() : fit.breaks[segment];
        const Line line = sums.line(first, end);
        for (std::size_t i = first; i < end; ++i)
            fitted[i] = line.meanY + line.slope * (x[i] - line.meanX);
    }
    return fitted;
}

}  // namespace gridscope
