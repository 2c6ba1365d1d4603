// SPDX-License-Identifier: GPL-3.0-or-later

// Every colour, pen, font and length that plots use: one style for the screen, one for figures.
#pragma once

#include <QColor>
#include <QFont>
#include <QPen>

#include <cstddef>
#include <vector>

#include "views/style/theme.h"

namespace gridscope::views {

/// Shapes that tell series apart without colour.
enum class Marker { Circle, Square, Diamond, Triangle, Cross, Plus };

/// A plain value. Lengths are logical pixels on screen and points in figures.
struct PlotStyle {
    QFont baseFont, tickFont, legendFont;
    QColor background;
    QColor foreground;  ///< text and axes
    QColor muted;       ///< secondary text, missing marks
    QColor gridLine;
    QColor accent;  ///< selected checkpoint
    QColor crosshair;
    QColor reference;  ///< reference lines and noise bands
    QColor boundary;   ///< lines between phases
    QColor badge;      ///< background of read-outs and badges
    QColor selectedPhase;
    std::vector<QColor> palette;
    std::vector<QColor> phaseTints;
    double lineWidth = 1.5;
    double axisWidth = 1.0;
    double gridWidth = 1.0;
    double markerSize = 5.0;
    double tickLength = 4.0;
    double bandOpacity = 0.08;  ///< of phases
    double orderedLow = 0.0;    ///< part of viridis that contrasts with the background
    double orderedHigh = 1.0;
    double intervalOpacity = 0.18;  ///< of confidence bands

    /// For widgets. `theme` is resolved (Light or Dark); `font` is the application's.
    static PlotStyle screen(Theme theme, const QFont& font);
    /// For files: black on white, fonts in pixels that are points at 72 dpi; ticks base - 2 pt.
    static PlotStyle figure(const QString& family, double basePoints);

    QColor seriesColor(std::size_t index) const;
    /// Solid for the first 8 series, then dashed, dotted and dash-dotted ones in the same colours.
    QPen seriesPen(std::size_t index) const;
    /// The pen of another run: `dash` counts from 1 (dashed, dotted, dash-dotted, ...).
    QPen companionPen(std::size_t colorIndex, std::size_t dash) const;
    /// A thin, pale pen of the same colour and dash, for one of several seeds.
    QPen seedPen(std::size_t index) const;
    static Marker seriesMarker(std::size_t index);
    /// Colour of ordered lines, such as checkpoints by step; `position` in 0..1.
    QColor ordered(double position) const;
    /// Fill of phase `index`, with the opacity of bands.
    QColor phaseFill(std::size_t index) const;
    QColor intervalFill(std::size_t seriesIndex) const;
    QPen gridPen() const;
    QPen axisPen() const;
    QPen referencePen() const;
    QPen boundaryPen() const;
};

}  // namespace gridscope::views
