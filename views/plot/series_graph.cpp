// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/series_graph.h"

#include <cmath>

namespace gridscope::views {

namespace {
constexpr double kMarkerDistance = 2.2;  // in marker sizes, between centers
/// So few are all drawn: a missing marker would look like a checkpoint that was not measured.
constexpr qsizetype kFewPoints = 40;
}

void SeriesGraph::drawScatterPlot(QCPPainter* painter, const QVector<QPointF>& scatters,
                                  const QCPScatterStyle& style) const {
    QVector<QPointF> apart;
    for (const QPointF& point : scatters) {
        if (!std::isfinite(point.x()) || !std::isfinite(point.y())) continue;
        if (!apart.isEmpty() && scatters.size() > kFewPoints) {
            const QPointF gap = point - apart.last();
            if (std::hypot(gap.x(), gap.y()) < kMarkerDistance * style.size()) continue;
        }
        apart.append(point);
    }
    QCPGraph::drawScatterPlot(painter, apart, style);
}

}  // namespace gridscope::views
