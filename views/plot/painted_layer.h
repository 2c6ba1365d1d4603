// SPDX-License-Identifier: GPL-3.0-or-later

// Something drawn by a function of ours on a layer of a plot: phase bands, cursors, badges.
#pragma once

#include <functional>

#include "views/plot/plot_backend.h"

namespace gridscope::views {

class PaintedLayer : public QCPLayerable {
    Q_OBJECT

public:
    using Paint = std::function<void(QCPPainter&)>;

    /// Belongs to `plot`; `paint` is called whenever `layer` is drawn and must outlive the plot.
    PaintedLayer(QCustomPlot* plot, const QString& layer, Paint paint);

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

private:
    Paint m_paint;
};

}  // namespace gridscope::views
