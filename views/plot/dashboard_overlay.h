// SPDX-License-Identifier: GPL-3.0-or-later

// What lies over the dashboard panels: selected checkpoint, crosshair with values, badges, rug.
#pragma once

#include <optional>

#include "views/plot/panel_stack.h"

namespace gridscope::views {

/// A boundary under the mouse.
struct DraggedBoundary {
    double step = 0.0;
    QString text;  ///< read-out beside the line
};

/// Read when painting; lives in the widget.
struct DashboardMarks {
    const SeriesTable* table = nullptr;
    int selectedRow = -1;
    std::optional<double> cursorStep, pinnedStep;
    std::vector<int> probedRows;  ///< rows with any measurement
    std::optional<DraggedBoundary> dragged;
};

/// Selected checkpoint, crosshair and read-outs (layer "overlay").
void paintCursor(QCPPainter& painter, const PanelStack& stack, const DashboardMarks& marks,
                 const PlotStyle& style);
/// The line of a boundary under the mouse and its read-out (layer "overlay").
void paintDragged(QCPPainter& painter, const PanelStack& stack, const DraggedBoundary& dragged,
                  const PlotStyle& style);
/// "3 Inf, 12 outside" and "37 of 154 probed", upper right; ticks of the rows below the panels.
void paintBadges(QCPPainter& painter, const PanelStack& stack, const DashboardMarks& marks,
                 const PlotStyle& style);
/// True if a pixel position lies on a badge that a click fits.
bool isOnBadge(const PanelStack& stack, QPointF position, const PlotStyle& style);

}  // namespace gridscope::views
