// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/painted_layer.h"

#include <utility>

namespace gridscope::views {

PaintedLayer::PaintedLayer(QCustomPlot* plot, const QString& layer, Paint paint)
    : QCPLayerable(plot, layer), m_paint(std::move(paint)) {}

void PaintedLayer::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(true);
}

void PaintedLayer::draw(QCPPainter* painter) { m_paint(*painter); }

}  // namespace gridscope::views
