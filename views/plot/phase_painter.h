// SPDX-License-Identifier: GPL-3.0-or-later

// Draws phases: tinted bands and boundaries in axis rects, named fields in the strip above them.
#pragma once

#include <optional>

#include "views/phase_band.h"
#include "views/plot/plot_backend.h"
#include "views/plot/plot_scale.h"
#include "views/style/plot_style.h"

namespace gridscope::views {

/// Bands behind the data, boundary lines and hatched intervals of one axis rect.
void paintPhaseBands(QCPPainter& painter, QCPAxisRect& rect, const PhaseBands& phases,
                     StepScale scale, const PlotStyle& style);

/// The boundary whose line lies within `reach` pixels of `x`, the nearest one; or nothing.
std::optional<std::size_t> boundaryNear(const PhaseBands& phases, const QCPAxis& axis, double x,
                                        StepScale scale, double reach);

/// Phase that holds the axis coordinate `at`, or nothing without phases.
std::optional<int> phaseAt(const PhaseBands& phases, double at, StepScale scale);

/// A strip that shares the x axis of the rect below it; one text line high.
class PhaseStrip : public QCPLayoutElement {
    Q_OBJECT

public:
    PhaseStrip(QCustomPlot* plot, QCPAxis* stepAxis, const PlotStyle& style);

    void setPhases(const PhaseBands& phases, StepScale scale, std::optional<int> selected);
    /// Phase under a pixel position, if it is on the strip.
    std::optional<int> phaseUnder(QPointF position) const;
    /// Middle of the visible part of a phase; a null point if nothing of it is visible.
    QPoint middleOf(int phase) const;

protected:
    void draw(QCPPainter* painter) override;

private:
    QRect fields() const;  ///< the part above the axis rect

    QPointer<QCPAxis> m_axis;
    PlotStyle m_style;
    PhaseBands m_phases;
    StepScale m_scale = StepScale::Logarithmic;
    std::optional<int> m_selected;
};

}  // namespace gridscope::views
