// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/plot_dressing.h"

#include <algorithm>
#include <array>

#include "views/plot/asinh_ticker.h"
#include "views/plot/log_ticker.h"
#include "views/plot/step_ticker.h"

namespace gridscope::views {

void prepareLayers(QCustomPlot& plot) {
    plot.addLayer(QStringLiteral("phases"), plot.layer(QStringLiteral("grid")),
                  QCustomPlot::limBelow);
    plot.setAutoAddPlottableToLegend(false);
    plot.setNoAntialiasingOnDrag(false);
    plot.setPlottingHint(QCP::phFastPolylines, true);
    emptyPlot(plot);
}

void emptyPlot(QCustomPlot& plot) {
    plot.clearPlottables();
    plot.clearItems();
    plot.plotLayout()->clear();
}

void dressPlot(QCustomPlot& plot, const PlotStyle& style) {
    plot.setBackground(QBrush(style.background));
    plot.setFont(style.baseFont);
    const int gap = QFontMetrics(style.tickFont).height() / 3;
    plot.plotLayout()->setRowSpacing(gap);
    plot.plotLayout()->setColumnSpacing(gap);
}

void dressAxis(QCPAxis& axis, const PlotStyle& style, const QString& label) {
    axis.setBasePen(style.axisPen());
    axis.setTickPen(style.axisPen());
    axis.setSubTickPen(QPen(style.muted, style.axisWidth * 0.7));
    axis.setTickLabelFont(style.tickFont);
    axis.setTickLabelColor(style.foreground);
    axis.setLabelFont(style.baseFont);
    axis.setLabelColor(style.foreground);
    axis.setLabel(label);
    axis.setNumberFormat(QStringLiteral("eb"));
    axis.setNumberPrecision(0);
    const int length = std::max(1, qRound(style.tickLength));
    axis.setTickLength(0, length);
    axis.setSubTickLength(0, std::max(1, length / 2));
    axis.setTickLabelPadding(length);
    axis.setLabelPadding(length);
    axis.setPadding(1);
    axis.grid()->setPen(style.gridPen());
    axis.grid()->setZeroLinePen(style.gridPen());
}

QCPAxisRect* makeAxisRect(QCustomPlot& plot, const PlotStyle& style, const QString& bottomLabel,
                          const QString& leftLabel) {
    auto* rect = new QCPAxisRect(&plot, true);
    dressAxis(*rect->axis(QCPAxis::atBottom), style, bottomLabel);
    dressAxis(*rect->axis(QCPAxis::atLeft), style, leftLabel);
    // QCustomPlot puts grids onto the current layer, above what was painted there before. One after
    // the other: axes() has another order in every process.
    for (const QCPAxis::AxisType side : {QCPAxis::atBottom, QCPAxis::atLeft})
        rect->axis(side)->grid()->setLayer(QStringLiteral("grid"));
    const int em = QFontMetrics(style.tickFont).height();
    // The last tick label reaches beyond the axis by half its width.
    rect->setMinimumMargins(QMargins(em, em / 2, em, em / 3));
    rect->setMinimumSize(em * 3, em * 2);
    return rect;
}

void dressLegend(QCPLegend& legend, const PlotStyle& style) {
    const int em = QFontMetrics(style.legendFont).height();
    legend.setLayer(QStringLiteral("legend"));
    legend.setFont(style.legendFont);
    legend.setTextColor(style.foreground);
    QColor ground = style.background;
    ground.setAlphaF(0.8F);
    legend.setBrush(ground);
    legend.setBorderPen(Qt::NoPen);
    legend.setIconSize(em * 2, em);
    legend.setRowSpacing(em / 8);
    legend.setColumnSpacing(em / 2);
    legend.setMargins(QMargins(em / 4, em / 8, em / 4, em / 8));
}

QCPLegend* addLegend(QCPAxisRect& rect, const PlotStyle& style, Qt::Alignment corner) {
    auto* legend = new QCPLegend;
    rect.insetLayout()->addElement(legend, corner);
    const int em = QFontMetrics(style.legendFont).height();
    rect.insetLayout()->setMargins(QMargins(em / 2, em / 3, em / 2, em / 3));
    dressLegend(*legend, style);
    legend->setFillOrder(QCPLayoutGrid::foRowsFirst, false);
    legend->setWrap(4);
    return legend;
}

QCPScatterStyle scatterStyle(const PlotStyle& style, std::size_t seriesIndex) {
    constexpr std::array kShapes{QCPScatterStyle::ssDisc,    QCPScatterStyle::ssSquare,
                                 QCPScatterStyle::ssDiamond, QCPScatterStyle::ssTriangle,
                                 QCPScatterStyle::ssCross,   QCPScatterStyle::ssPlus};
    const auto marker = static_cast<std::size_t>(PlotStyle::seriesMarker(seriesIndex));
    const QColor color = style.seriesColor(seriesIndex);
    return QCPScatterStyle(kShapes[marker], QPen(color, style.axisWidth), QBrush(color),
                           style.markerSize);
}

QCPScatterStyle hollowStyle(const PlotStyle& style, std::size_t seriesIndex) {
    QCPScatterStyle hollow = scatterStyle(style, seriesIndex);
    if (hollow.shape() == QCPScatterStyle::ssDisc) hollow.setShape(QCPScatterStyle::ssCircle);
    hollow.setBrush(Qt::NoBrush);
    hollow.setPen(QPen(style.seriesColor(seriesIndex), style.lineWidth));
    hollow.setSize(style.markerSize * 1.7);
    return hollow;
}

void setStepAxis(QCPAxis& axis, StepScale scale, int tickCount) {
    axis.setScaleType(scale == StepScale::Logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    const auto ticker = QSharedPointer<StepTicker>::create(scale);
    ticker->setTickCount(tickCount);
    axis.setTicker(ticker);
}

void setValueAxis(QCPAxis& axis, ValueScale scale, int tickCount) {
    QSharedPointer<QCPAxisTicker> ticker;
    if (scale == ValueScale::Logarithmic)
        ticker = QSharedPointer<LogTicker>::create();
    else if (scale == ValueScale::Asinh)
        ticker = QSharedPointer<AsinhTicker>::create();
    else
        ticker = QSharedPointer<QCPAxisTicker>::create();
    axis.setScaleType(scale == ValueScale::Logarithmic ? QCPAxis::stLogarithmic
                                                       : QCPAxis::stLinear);
    if (scale == ValueScale::Linear) {
        axis.setNumberFormat(QStringLiteral("gb"));
        axis.setNumberPrecision(4);
    }
    ticker->setTickCount(tickCount);
    axis.setTicker(ticker);
}

Qt::Alignment emptiestCorner(const QRect& rect, const QVector<QPointF>& points) {
    // In order of preference: corners, then the middle of the upper and lower edge.
    const std::array<Qt::Alignment, 6> corners{
        Qt::AlignTop | Qt::AlignLeft,     Qt::AlignTop | Qt::AlignRight,
        Qt::AlignTop | Qt::AlignHCenter,  Qt::AlignBottom | Qt::AlignLeft,
        Qt::AlignBottom | Qt::AlignRight, Qt::AlignBottom | Qt::AlignHCenter};
    std::array<int, 6> counts{};
    for (const QPointF& point : points) {
        const bool upper = point.y() < rect.center().y();
        const double x = (point.x() - rect.left()) / std::max(1, rect.width());
        for (std::size_t i = 0; i < corners.size(); ++i) {
            const bool sameHalf = corners[i].testFlag(Qt::AlignTop) == upper;
            const bool sameThird = corners[i].testFlag(Qt::AlignLeft)    ? x < 0.34
                                   : corners[i].testFlag(Qt::AlignRight) ? x > 0.66
                                                                         : x > 0.33 && x < 0.67;
            if (sameHalf && sameThird) ++counts[i];
        }
    }
    const auto least = std::min_element(counts.begin(), counts.end());
    return corners[static_cast<std::size_t>(least - counts.begin())];
}

QRectF paintBadge(QCPPainter& painter, const PlotStyle& style, QPointF at, Qt::Alignment alignment,
                  const QString& text) {
    const QFontMetricsF metrics(style.tickFont);
    const double em = metrics.height();
    const QSizeF size = metrics.size(0, text) + QSizeF(em / 2, em / 6);
    QRectF box(at, size);
    if (alignment.testFlag(Qt::AlignRight)) box.moveRight(at.x());
    if (alignment.testFlag(Qt::AlignBottom)) box.moveBottom(at.y());
    if (alignment.testFlag(Qt::AlignVCenter)) box.moveTop(at.y() - size.height() / 2);
    painter.setFont(style.tickFont);
    painter.setPen(QPen(style.gridLine, style.axisWidth));
    painter.setBrush(style.badge);
    painter.drawRect(box);
    painter.setPen(style.foreground);
    painter.drawText(box, Qt::AlignCenter, text);
    return box;
}

}  // namespace gridscope::views
