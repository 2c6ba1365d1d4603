// SPDX-License-Identifier: GPL-3.0-or-later

// A graph whose many markers keep a distance on screen, so that dense stretches stay a line.
#pragma once

#include "views/plot/plot_backend.h"

namespace gridscope::views {

class SeriesGraph : public QCPGraph {
    Q_OBJECT

public:
    /// Belongs to the plot of the axes.
    SeriesGraph(QCPAxis* keyAxis, QCPAxis* valueAxis) : QCPGraph(keyAxis, valueAxis) {}

protected:
    void drawScatterPlot(QCPPainter* painter, const QVector<QPointF>& scatters,
                         const QCPScatterStyle& style) const override;
};

}  // namespace gridscope::views
