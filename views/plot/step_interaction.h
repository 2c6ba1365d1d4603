// SPDX-License-Identifier: GPL-3.0-or-later

// Mouse and wheel on a plot with a step axis, turned into meanings (workbench.md 3.3).
#pragma once

#include <QObject>
#include <QPointF>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "views/plot/plot_scale.h"

class QCPAxisRect;
class QCustomPlot;
class QMouseEvent;
class QRubberBand;
class QWheelEvent;

namespace gridscope::views {

/// Watches the events of one plot, whose own interactions stay off.
class StepInteraction : public QObject {
    Q_OBJECT

public:
    explicit StepInteraction(QCustomPlot* plot);
    ~StepInteraction() override;

    /// `grips` says whether a drag that begins at a position moves something in the plot; such a
    /// drag is reported by gripMoved and gripReleased and leaves the view alone.
    void setGrip(std::function<bool(QPointF)> grips) { m_grips = std::move(grips); }
    /// Ends the drag under way without a release.
    void cancelGrip();

signals:
    void clicked(QPointF position, Qt::KeyboardModifiers modifiers);
    void doubleClicked(QPointF position);
    void hovered(QPointF position);
    void gripMoved(QPointF position);
    void gripReleased(QPointF position, Qt::KeyboardModifiers modifiers);
    void stepsProposed(AxisRange steps);
    /// A vertical range for the axis rect that holds `position`.
    void valuesProposed(QPointF position, AxisRange values);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void press(const QMouseEvent& event);
    void move(const QMouseEvent& event);
    void release(const QMouseEvent& event);
    void wheel(const QWheelEvent& event);
    QCPAxisRect* rectAt(QPointF position) const;

    QCustomPlot* m_plot;
    std::unique_ptr<QRubberBand> m_band;
    std::optional<QPointF> m_pressed;  ///< where the left button went down
    AxisRange m_pressedSteps;
    std::function<bool(QPointF)> m_grips;
    bool m_isDragging = false;
    bool m_isGripped = false;
    bool m_isDoubleClick = false;  ///< the release that follows is no click
    Qt::KeyboardModifiers m_modifiers;
};

}  // namespace gridscope::views
