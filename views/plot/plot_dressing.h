// SPDX-License-Identifier: GPL-3.0-or-later

// Puts a PlotStyle onto the parts of QCustomPlot, so that every plot looks the same.
#pragma once

#include "views/plot/plot_backend.h"
#include "views/plot/plot_scale.h"
#include "views/style/plot_style.h"

namespace gridscope::views {

/// Layers background, phases, grid, main, axes, legend, overlay (workbench.md, section 10).
void prepareLayers(QCustomPlot& plot);
/// Removes every plottable, item and layout element.
void emptyPlot(QCustomPlot& plot);
void dressPlot(QCustomPlot& plot, const PlotStyle& style);
void dressAxis(QCPAxis& axis, const PlotStyle& style, const QString& label);
/// A new rect with a bottom and a left axis; the caller puts it into a layout.
QCPAxisRect* makeAxisRect(QCustomPlot& plot, const PlotStyle& style, const QString& bottomLabel,
                          const QString& leftLabel);
/// Fonts, colours and distances; the legend is part of a plot already.
void dressLegend(QCPLegend& legend, const PlotStyle& style);
/// A new legend in `corner` of `rect`.
QCPLegend* addLegend(QCPAxisRect& rect, const PlotStyle& style, Qt::Alignment corner);
QCPScatterStyle scatterStyle(const PlotStyle& style, std::size_t seriesIndex);
/// The same shape larger and without a fill, for published values.
QCPScatterStyle hollowStyle(const PlotStyle& style, std::size_t seriesIndex);
/// Ticker and scale type for a step axis.
void setStepAxis(QCPAxis& axis, StepScale scale, int tickCount);
/// Ticker and scale type for values.
void setValueAxis(QCPAxis& axis, ValueScale scale, int tickCount);
/// Corner of `rect` with the fewest of the given points (pixels within the rect).
Qt::Alignment emptiestCorner(const QRect& rect, const QVector<QPointF>& points);
/// Text on a filled box whose corner `alignment` lies at `at`; returns the box.
QRectF paintBadge(QCPPainter& painter, const PlotStyle& style, QPointF at, Qt::Alignment alignment,
                  const QString& text);

}  // namespace gridscope::views
