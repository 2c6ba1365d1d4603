// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/style/plot_style.h"

#include <QFontInfo>

#include <algorithm>
#include <array>
#include <cmath>

#include "views/style/viridis.h"

namespace gridscope::views {

namespace {

constexpr std::array kDashes{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};

constexpr double kSeedOpacity = 0.5;
constexpr double kSeedWidth = 0.6;

// Okabe and Ito (2008) with a darker yellow. Blue and vermillion come first, since most panels show
// two grids and these two contrast best on white; the foreground colour is last.
std::vector<QColor> okabeIto(const QColor& last) {
    return {QColor(0x00, 0x72, 0xB2), QColor(0xD5, 0x5E, 0x00),
            QColor(0x00, 0x9E, 0x73), QColor(0xCC, 0x79, 0xA7),
            QColor(0x56, 0xB4, 0xE9), QColor(0xE6, 0x9F, 0x00),
            QColor(0xF5, 0xC7, 0x10), last};
}

std::vector<QColor> tints() {
    return {QColor(0x56, 0xB4, 0xE9), QColor(0x00, 0x9E, 0x73), QColor(0xD5, 0x5E, 0x00),
            QColor(0xCC, 0x79, 0xA7), QColor(0xE6, 0x9F, 0x00)};
}

QColor withOpacity(QColor color, double opacity) {
    color.setAlphaF(static_cast<float>(opacity));
    return color;
}

QFont sized(QFont font, double pixels) {
    font.setPixelSize(std::max(1, static_cast<int>(std::lround(pixels))));
    return font;
}

void applyLight(PlotStyle& style) {
    style.background = QColor(0xFF, 0xFF, 0xFF);
    style.foreground = QColor(0x1A, 0x1A, 0x1A);
    style.muted = QColor(0x5F, 0x5F, 0x5F);
    style.gridLine = QColor(0xE2, 0xE2, 0xE2);
    style.accent = QColor(0xB0, 0x00, 0x4A);
    style.crosshair = QColor(0x60, 0x60, 0x60);
    style.reference = QColor(0x70, 0x70, 0x70);
    style.boundary = QColor(0x50, 0x50, 0x50);
    style.badge = QColor(0xF4, 0xF4, 0xF4);
    style.selectedPhase = QColor(0x30, 0x30, 0x30);
    style.orderedHigh = 0.7;
    style.palette = okabeIto(QColor(0x00, 0x00, 0x00));
}

void applyDark(PlotStyle& style) {
    style.background = QColor(0x1E, 0x1F, 0x22);
    style.foreground = QColor(0xE6, 0xE6, 0xE6);
    style.muted = QColor(0xA8, 0xA8, 0xA8);
    style.gridLine = QColor(0x38, 0x3A, 0x3E);
    style.accent = QColor(0xFF, 0x6E, 0xA6);
    style.crosshair = QColor(0xB0, 0xB0, 0xB0);
    style.reference = QColor(0xA0, 0xA0, 0xA0);
    style.boundary = QColor(0xB8, 0xB8, 0xB8);
    style.badge = QColor(0x2C, 0x2E, 0x33);
    style.selectedPhase = QColor(0xE6, 0xE6, 0xE6);
    style.orderedLow = 0.3;
    style.palette = okabeIto(QColor(0xFF, 0xFF, 0xFF));
    style.palette[0] = QColor(0x3D, 0x9B, 0xE0);  // the printed blue is too dark on black
}

}  // namespace

PlotStyle PlotStyle::screen(Theme theme, const QFont& font) {
    PlotStyle style;
    if (theme == Theme::Dark)
        applyDark(style);
    else
        applyLight(style);
    style.phaseTints = tints();
    const double pixels = QFontInfo(font).pixelSize();
    style.baseFont = font;
    style.tickFont = sized(font, pixels * 0.9);
    style.legendFont = style.tickFont;
    style.markerSize = pixels * 0.42;
    style.tickLength = pixels * 0.35;
    return style;
}

PlotStyle PlotStyle::figure(const QString& family, double basePoints) {
    PlotStyle style;
    applyLight(style);
    style.phaseTints = tints();
    style.foreground = QColor(0, 0, 0);
    QFont font(family);
    font.setHintingPreference(QFont::PreferNoHinting);  // widths do not depend on the device
    style.baseFont = sized(font, basePoints);
    style.tickFont = sized(font, basePoints - 2);
    style.legendFont = style.tickFont;
    style.lineWidth = 1.0;
    style.axisWidth = 0.6;
    style.gridWidth = 0.4;
    style.markerSize = 3.0;
    style.tickLength = 2.5;
    return style;
}

QColor PlotStyle::seriesColor(std::size_t index) const { return palette[index % palette.size()]; }

QPen PlotStyle::companionPen(std::size_t colorIndex, std::size_t dash) const {
    QPen pen(seriesColor(colorIndex), lineWidth);
    pen.setStyle(kDashes[dash % kDashes.size()]);
    pen.setJoinStyle(Qt::RoundJoin);
    return pen;
}

QPen PlotStyle::seriesPen(std::size_t index) const {
    QPen pen(seriesColor(index), lineWidth);
    pen.setStyle(kDashes[index / palette.size() % kDashes.size()]);
    pen.setJoinStyle(Qt::RoundJoin);
    return pen;
}

QPen PlotStyle::seedPen(std::size_t index) const {
    QPen pen = seriesPen(index);
    pen.setColor(withOpacity(pen.color(), kSeedOpacity));
    pen.setWidthF(lineWidth * kSeedWidth);
    return pen;
}

Marker PlotStyle::seriesMarker(std::size_t index) {
    return static_cast<Marker>(index % (static_cast<std::size_t>(Marker::Plus) + 1));
}

QColor PlotStyle::ordered(double position) const {
    return viridis(orderedLow + (orderedHigh - orderedLow) * position);
}

QColor PlotStyle::phaseFill(std::size_t index) const {
    return withOpacity(phaseTints[index % phaseTints.size()], bandOpacity);
}

QColor PlotStyle::intervalFill(std::size_t seriesIndex) const {
    return withOpacity(seriesColor(seriesIndex), intervalOpacity);
}

QPen PlotStyle::gridPen() const { return QPen(gridLine, gridWidth); }

QPen PlotStyle::axisPen() const { return QPen(foreground, axisWidth); }

QPen PlotStyle::referencePen() const { return QPen(reference, axisWidth, Qt::DashLine); }

QPen PlotStyle::boundaryPen() const { return QPen(boundary, axisWidth); }

}  // namespace gridscope::views
