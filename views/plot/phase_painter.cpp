// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/phase_painter.h"

#include <algorithm>
#include <cmath>

namespace gridscope::views {

namespace {

/// Pixel ends of phase `index` within [left, right].
QPair<double, double> phaseEnds(const PhaseBands& phases, std::size_t index, const QCPAxis& axis,
                                StepScale scale, QRect within) {
    const auto pixel = [&](std::size_t boundary) {
        return std::clamp(axis.coordToPixel(stepPosition(phases.boundaries[boundary].step, scale)),
                          static_cast<double>(within.left()),
                          static_cast<double>(within.right()) + 1);
    };
    const double left = index == 0 ? within.left() : pixel(index - 1);
    const double right = index < phases.boundaries.size() ? pixel(index) : within.right() + 1.0;
    return {left, right};
}

}  // namespace

void paintPhaseBands(QCPPainter& painter, QCPAxisRect& rect, const PhaseBands& phases,
                     StepScale scale, const PlotStyle& style) {
    if (phases.boundaries.empty()) return;
    const QRect area = rect.rect();
    const QCPAxis* axis = rect.axis(QCPAxis::atBottom);
    painter.save();
    painter.setClipRect(area);
    painter.setPen(Qt::NoPen);
    for (std::size_t i = 0; i <= phases.boundaries.size(); ++i) {
        const auto [left, right] = phaseEnds(phases, i, *axis, scale, area);
        if (right > left)
            painter.fillRect(QRectF(left, area.top(), right - left, area.height()),
                             style.phaseFill(i));
    }
    for (const PhaseBoundary& boundary : phases.boundaries) {
        if (std::isfinite(boundary.low) && std::isfinite(boundary.high)) {
            const double low = axis->coordToPixel(stepPosition(boundary.low, scale));
            const double high = axis->coordToPixel(stepPosition(boundary.high, scale));
            QColor hatch = style.boundary;
            hatch.setAlphaF(0.35F);
            // Own lines: a pattern brush becomes an image in vector files.
            painter.setPen(QPen(hatch, style.gridWidth));
            painter.save();
            painter.setClipRect(
                QRectF(low, area.top(), high - low, area.height()).intersected(QRectF(area)));
            const double spacing = std::max(4.0, style.tickLength * 2.0);
            const double height = area.height();
            for (double x = std::max(low, area.left() - 1.0) - height;
                 x < std::min(high, area.right() + 1.0); x += spacing)
                painter.drawLine(QPointF(x, area.bottom()), QPointF(x + height, area.top()));
            painter.restore();
        }
        const double x = axis->coordToPixel(stepPosition(boundary.step, scale));
        QPen pen = style.boundaryPen();
        if (boundary.manual) pen.setStyle(Qt::DashDotLine);
        painter.setPen(pen);
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    }
    painter.restore();
}

std::optional<std::size_t> boundaryNear(const PhaseBands& phases, const QCPAxis& axis, double x,
                                        StepScale scale, double reach) {
    std::optional<std::size_t> nearest;
    for (std::size_t i = 0; i < phases.boundaries.size(); ++i) {
        const double distance =
            std::abs(axis.coordToPixel(stepPosition(phases.boundaries[i].step, scale)) - x);
        if (distance > reach) continue;
        reach = distance;
        nearest = i;
    }
    return nearest;
}

std::optional<int> phaseAt(const PhaseBands& phases, double at, StepScale scale) {
    if (phases.names.empty()) return std::nullopt;
    int index = 0;
    for (const PhaseBoundary& boundary : phases.boundaries)
        if (at >= stepPosition(boundary.step, scale)) ++index;
    return index;
}

PhaseStrip::PhaseStrip(QCustomPlot* plot, QCPAxis* stepAxis, const PlotStyle& style)
    : QCPLayoutElement(plot), m_axis(stepAxis), m_style(style) {
    // 24 px at a font of 13 px.
    const int height = QFontMetrics(style.tickFont).height() * 8 / 5;
    setMinimumSize(10, height);
    setMaximumSize(QWIDGETSIZE_MAX, height);
    setMinimumMargins(QMargins());
    setMargins(QMargins());
}

void PhaseStrip::setPhases(const PhaseBands& phases, StepScale scale, std::optional<int> selected) {
    m_phases = phases;
    m_scale = scale;
    m_selected = selected;
}

QRect PhaseStrip::fields() const {
    if (m_axis.isNull()) return {};
    const QRect below = m_axis->axisRect()->rect();
    return {below.left(), outerRect().top(), below.width(), outerRect().height() - 2};
}

std::optional<int> PhaseStrip::phaseUnder(QPointF position) const {
    if (m_axis.isNull() || !fields().contains(position.toPoint())) return std::nullopt;
    return phaseAt(m_phases, m_axis->pixelToCoord(position.x()), m_scale);
}

QPoint PhaseStrip::middleOf(int phase) const {
    const QRect area = fields();
    if (area.isEmpty() || phase < 0 || static_cast<std::size_t>(phase) > m_phases.boundaries.size())
        return {};
    const auto [left, right] =
        phaseEnds(m_phases, static_cast<std::size_t>(phase), *m_axis, m_scale, area);
    if (right - left < 1) return {};
    return {qRound((left + right) / 2), area.center().y()};
}

void PhaseStrip::draw(QCPPainter* painter) {
    const QRect area = fields();
    if (area.isEmpty()) return;
    painter->save();
    painter->setFont(m_style.tickFont);
    if (m_phases.boundaries.empty()) {
        const QString text = !m_phases.note.isEmpty() ? m_phases.note
                             : m_phases.names.empty() ? QString()
                                                      : m_phases.names.front();
        painter->setPen(m_style.muted);
        painter->drawText(area, Qt::AlignCenter, text);
        painter->restore();
        return;
    }
    const QFontMetrics metrics(m_style.tickFont);
    for (std::size_t i = 0; i <= m_phases.boundaries.size(); ++i) {
        const auto [left, right] = phaseEnds(m_phases, i, *m_axis, m_scale, area);
        if (right - left < 1) continue;
        const QRectF field(left, area.top(), right - left, area.height());
        QColor fill = m_style.phaseTints[i % m_style.phaseTints.size()];
        fill.setAlphaF(0.25F);
        painter->fillRect(field, fill);
        if (m_selected == static_cast<int>(i)) {
            painter->setPen(QPen(m_style.selectedPhase, m_style.lineWidth));
            painter->setBrush(Qt::NoBrush);
            painter->drawRect(field.adjusted(1, 1, -1, -1));
        }
        if (i >= m_phases.names.size()) continue;
        const int room = static_cast<int>(field.width()) - metrics.averageCharWidth();
        // A cut name says less than a number, which the panel and the keys Alt+1..9 use too.
        QString text = m_phases.names[i];
        if (metrics.horizontalAdvance(text) > room) text = QString::number(i + 1);
        if (metrics.horizontalAdvance(text) > room) continue;
        painter->setPen(m_style.foreground);
        painter->drawText(field, Qt::AlignCenter, text);
    }
    painter->restore();
}

}  // namespace gridscope::views
