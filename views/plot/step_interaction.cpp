// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/step_interaction.h"

#include <QMouseEvent>
#include <QRubberBand>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "views/plot/plot_backend.h"

namespace gridscope::views {

namespace {

constexpr double kClickTravel = 4.0;   // logical pixels
constexpr double kWheelFactor = 0.85;  // per notch of 120

AxisRange toRange(const QCPRange& range) { return {range.lower, range.upper}; }

bool isLogarithmic(const QCPAxis& axis) { return axis.scaleType() == QCPAxis::stLogarithmic; }

}  // namespace

StepInteraction::StepInteraction(QCustomPlot* plot) : QObject(plot), m_plot(plot) {
    plot->installEventFilter(this);
}

StepInteraction::~StepInteraction() = default;

QCPAxisRect* StepInteraction::rectAt(QPointF position) const {
    for (QCPAxisRect* rect : m_plot->axisRects()) {
        if (rect->rect().contains(position.toPoint())) return rect;
    }
    return nullptr;
}

bool StepInteraction::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
    case QEvent::MouseButtonPress:
        press(*static_cast<QMouseEvent*>(event));
        return false;
    case QEvent::MouseMove:
        move(*static_cast<QMouseEvent*>(event));
        return false;
    case QEvent::MouseButtonRelease:
        release(*static_cast<QMouseEvent*>(event));
        return false;
    case QEvent::MouseButtonDblClick:
        m_isDoubleClick = true;
        m_pressed.reset();
        emit doubleClicked(static_cast<QMouseEvent*>(event)->position());
        return false;
    case QEvent::Wheel:
        wheel(*static_cast<QWheelEvent*>(event));
        return true;
    default:
        return QObject::eventFilter(watched, event);
    }
}

void StepInteraction::cancelGrip() {
    if (m_isGripped) m_pressed.reset();
}

void StepInteraction::press(const QMouseEvent& event) {
    if (event.button() != Qt::LeftButton) return;
    m_isDoubleClick = false;
    m_isDragging = false;
    m_pressed = event.position();
    m_isGripped = m_grips && m_grips(event.position());
    m_modifiers = event.modifiers();
    if (const QCPAxisRect* rect = rectAt(event.position()))
        m_pressedSteps = toRange(rect->axis(QCPAxis::atBottom)->range());
}

void StepInteraction::move(const QMouseEvent& event) {
    emit hovered(event.position());
    if (!m_pressed || !event.buttons().testFlag(Qt::LeftButton)) return;
    const QPointF travel = event.position() - *m_pressed;
    if (!m_isDragging && std::hypot(travel.x(), travel.y()) < kClickTravel) return;
    m_isDragging = true;
    if (m_isGripped) {
        emit gripMoved(event.position());
        return;
    }
    const QCPAxisRect* rect = rectAt(*m_pressed);
    if (rect == nullptr) return;
    if (m_modifiers.testFlag(Qt::ShiftModifier)) {
        if (!m_band) m_band = std::make_unique<QRubberBand>(QRubberBand::Rectangle, m_plot);
        m_band->setGeometry(QRect(m_pressed->toPoint(), event.position().toPoint())
                                .normalized()
                                .intersected(rect->rect()));
        m_band->show();
        return;
    }
    emit stepsProposed(panned(m_pressedSteps, -travel.x() / std::max(1, rect->width()),
                              isLogarithmic(*rect->axis(QCPAxis::atBottom))));
}

void StepInteraction::release(const QMouseEvent& event) {
    if (event.button() != Qt::LeftButton || !m_pressed) return;
    const QPointF start = *m_pressed;
    m_pressed.reset();
    if (m_band) m_band->hide();
    if (m_isDoubleClick) return;
    if (!m_isDragging) {
        emit clicked(event.position(), m_modifiers);
        return;
    }
    if (m_isGripped) {
        emit gripReleased(event.position(), event.modifiers());
        return;
    }
    const QCPAxisRect* rect = rectAt(start);
    if (rect == nullptr || !m_modifiers.testFlag(Qt::ShiftModifier)) return;
    const QRectF area = QRectF(start, event.position()).normalized().intersected(rect->rect());
    if (area.width() < kClickTravel || area.height() < kClickTravel) return;
    const QCPAxis* x = rect->axis(QCPAxis::atBottom);
    const QCPAxis* y = rect->axis(QCPAxis::atLeft);
    emit valuesProposed(start, {y->pixelToCoord(area.bottom()), y->pixelToCoord(area.top())});
    emit stepsProposed({x->pixelToCoord(area.left()), x->pixelToCoord(area.right())});
}

void StepInteraction::wheel(const QWheelEvent& event) {
    const QCPAxisRect* rect = rectAt(event.position());
    if (rect == nullptr || event.angleDelta().y() == 0) return;
    const double factor = std::pow(kWheelFactor, event.angleDelta().y() / 120.0);
    const bool isValues = event.modifiers().testFlag(Qt::ControlModifier);
    const QCPAxis* axis = rect->axis(isValues ? QCPAxis::atLeft : QCPAxis::atBottom);
    const double anchor =
        axis->pixelToCoord(isValues ? event.position().y() : event.position().x());
    const AxisRange range = zoomed(toRange(axis->range()), factor, anchor, isLogarithmic(*axis));
    if (isValues)
        emit valuesProposed(event.position(), range);
    else
        emit stepsProposed(range);
}

}  // namespace gridscope::views
