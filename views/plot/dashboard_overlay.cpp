// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/dashboard_overlay.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

#include "views/plot/plot_dressing.h"
#include "views/plot/tick_values.h"

namespace gridscope::views {

namespace {

QString translated(const char* text) {
    return QCoreApplication::translate("DashboardOverlay", text);
}

/// Values of a panel at `row`, with what they are above those at `pinnedRow` (-1 = no pin).
QString readOut(const PanelData& panel, int row, int pinnedRow, const QLocale& locale) {
    QStringList parts;
    for (const PanelSeries& series : panel.series) {
        const int index = series.points.indexOfRow(row);
        if (index < 0) continue;
        const double value = series.points.values[static_cast<std::size_t>(index)];
        const QString unit = panel.spec.unit.isEmpty() ? QString() : u' ' + panel.spec.unit;
        QString text = series.name + QStringLiteral(": ") + locale.toString(value, 'g', 5) + unit;
        const int pinned = pinnedRow < 0 ? -1 : series.points.indexOfRow(pinnedRow);
        if (pinned >= 0) {
            const double change = value - series.points.values[static_cast<std::size_t>(pinned)];
            text += QStringLiteral(" (") + (change < 0 ? QString() : QStringLiteral("+")) +
                    locale.toString(change, 'g', 4) + QStringLiteral(")");
        }
        parts << text;
    }
    return parts.join(u'\n');
}

void paintSelected(QCPPainter& painter, const PanelStack& stack, std::size_t index, int row,
                   double step, const PlotStyle& style) {
    QCPAxisRect* rect = stack.rect(index);
    const QCPAxis* x = rect->axis(QCPAxis::atBottom);
    const QCPAxis* y = rect->axis(QCPAxis::atLeft);
    const double at = x->coordToPixel(stepPosition(step, stack.scale()));
    const QRect area = rect->rect();
    QColor line = style.accent;
    line.setAlphaF(0.6F);
    painter.setPen(QPen(line, style.axisWidth));
    painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(style.accent, style.lineWidth));
    for (const PanelSeries& series : stack.panel(index).series) {
        const int point = series.points.indexOfRow(row);
        if (point < 0) continue;
        const auto k = static_cast<std::size_t>(point);
        painter.drawEllipse(QPointF(at, y->coordToPixel(series.points.y[k])),
                            style.markerSize * 0.9, style.markerSize * 0.9);
    }
}

/// The second cursor: a dashed line.
void paintPin(QCPPainter& painter, const PanelStack& stack, std::size_t index,
              const std::vector<double>& steps, int row, const PlotStyle& style) {
    const QRect area = stack.rect(index)->rect();
    const QCPAxis* x = stack.rect(index)->axis(QCPAxis::atBottom);
    const double at =
        x->coordToPixel(stepPosition(steps[static_cast<std::size_t>(row)], stack.scale()));
    painter.setPen(QPen(style.crosshair, style.axisWidth, Qt::DashLine));
    painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
}

/// Beside the crosshair, in the half of the panel that the points at the cursor leave free.
void paintReadOut(QCPPainter& painter, const PanelStack& stack, std::size_t index, int row,
                  double at, const QString& text, const PlotStyle& style) {
    const QRect area = stack.rect(index)->rect();
    const QCPAxis* y = stack.rect(index)->axis(QCPAxis::atLeft);
    double highest = area.bottom();
    for (const PanelSeries& series : stack.panel(index).series) {
        const int point = series.points.indexOfRow(row);
        if (point >= 0)
            highest = std::min(highest,
                               y->coordToPixel(series.points.y[static_cast<std::size_t>(point)]));
    }
    const bool isRight = at > area.center().x();
    const double gap = style.tickLength * 1.5;
    const bool isBelow = highest < area.center().y();
    paintBadge(
        painter, style,
        QPointF(isRight ? at - gap : at + gap, isBelow ? area.bottom() - gap : area.top() + gap),
        (isRight ? Qt::AlignRight : Qt::AlignLeft) | (isBelow ? Qt::AlignBottom : Qt::AlignTop),
        text);
}

/// True if a point lies where a badge in the upper right corner would cover it.
bool isUpperRightTaken(const PanelStack& stack, std::size_t index) {
    const QRect area = stack.rect(index)->rect();
    const QCPAxis* x = stack.rect(index)->axis(QCPAxis::atBottom);
    const QCPAxis* y = stack.rect(index)->axis(QCPAxis::atLeft);
    for (const PanelSeries& series : stack.panel(index).series) {
        for (std::size_t k = 0; k < series.points.x.size(); ++k) {
            if (x->coordToPixel(series.points.x[k]) > area.left() + 0.7 * area.width() &&
                y->coordToPixel(series.points.y[k]) < area.top() + 0.3 * area.height())
                return true;
        }
    }
    return false;
}

QRectF badgeBox(const PanelStack& stack, std::size_t index, const PlotStyle& style,
                const QString& text) {
    const QRect area = stack.rect(index)->rect();
    const QFontMetricsF metrics(style.tickFont);
    const QSizeF size = metrics.size(0, text) + QSizeF(metrics.height() / 2, metrics.height() / 6);
    const double gap = metrics.height() / 4;
    const double top = isUpperRightTaken(stack, index) ? area.bottom() - gap - 2 * size.height()
                                                       : area.top() + gap;
    return {QPointF(area.right() - gap - size.width(), top), size};
}

QString panelBadge(const PanelStack& stack, std::size_t index) {
    return badgeText(stack.panel(index), stack.values(index));
}

void paintRug(QCPPainter& painter, const PanelStack& stack, const DashboardMarks& marks,
              const PlotStyle& style) {
    const QCPAxisRect* rect = stack.rect(stack.count() - 1);
    const QCPAxis* x = rect->axis(QCPAxis::atBottom);
    const QRect area = rect->rect();
    const double size = style.tickLength * 0.5;
    for (std::size_t row = 0; row < marks.table->rowCount(); ++row) {
        const double step = marks.table->steps()[row];
        if (std::isnan(step)) continue;
        const double at = x->coordToPixel(stepPosition(step, stack.scale()));
        if (at < area.left() || at > area.right()) continue;
        const bool isProbed = std::binary_search(marks.probedRows.begin(), marks.probedRows.end(),
                                                 static_cast<int>(row));
        painter.setPen(QPen(isProbed ? style.foreground : style.muted, style.axisWidth));
        painter.setBrush(isProbed ? QBrush(style.foreground) : QBrush(style.background));
        painter.drawRect(QRectF(at - size / 2, area.bottom() - 2 * size, size, 2 * size));
    }
}

}  // namespace

void paintCursor(QCPPainter& painter, const PanelStack& stack, const DashboardMarks& marks,
                 const PlotStyle& style) {
    if (marks.table == nullptr) return;
    const int cursorRow = marks.cursorStep ? marks.table->nearestRow(*marks.cursorStep) : -1;
    const int pinnedRow = marks.pinnedStep ? marks.table->nearestRow(*marks.pinnedStep) : -1;
    for (std::size_t i = 0; i < stack.count(); ++i) {
        const QRect area = stack.rect(i)->rect();
        painter.save();
        painter.setClipRect(area.adjusted(0, 0, 1, 1));
        if (marks.selectedRow >= 0) {
            const double step = marks.table->steps()[static_cast<std::size_t>(marks.selectedRow)];
            if (!std::isnan(step)) paintSelected(painter, stack, i, marks.selectedRow, step, style);
        }
        if (pinnedRow >= 0) paintPin(painter, stack, i, marks.table->steps(), pinnedRow, style);
        if (cursorRow >= 0) {
            const double step = marks.table->steps()[static_cast<std::size_t>(cursorRow)];
            const QCPAxis* x = stack.rect(i)->axis(QCPAxis::atBottom);
            const double at = x->coordToPixel(stepPosition(step, stack.scale()));
            painter.setPen(QPen(style.crosshair, style.axisWidth, Qt::DotLine));
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
            QString text = readOut(stack.panel(i), cursorRow, pinnedRow, QLocale());
            if (i == 0)
                text.prepend(translated("step %1").arg(QLocale().toString(step, 'f', 0)) +
                             (text.isEmpty() ? QString() : QStringLiteral("\n")));
            if (!text.isEmpty()) paintReadOut(painter, stack, i, cursorRow, at, text, style);
        }
        painter.restore();
    }
}

void paintDragged(QCPPainter& painter, const PanelStack& stack, const DraggedBoundary& dragged,
                  const PlotStyle& style) {
    for (std::size_t i = 0; i < stack.count(); ++i) {
        const QRect area = stack.rect(i)->rect();
        const double at = stack.rect(i)
                              ->axis(QCPAxis::atBottom)
                              ->coordToPixel(stepPosition(dragged.step, stack.scale()));
        painter.save();
        painter.setClipRect(area.adjusted(0, 0, 1, 1));
        painter.setPen(QPen(style.accent, style.lineWidth, Qt::DashDotLine));
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
        if (i == 0) {
            const bool isRight = at > area.center().x();
            const double gap = style.tickLength * 1.5;
            paintBadge(painter, style, QPointF(isRight ? at - gap : at + gap, area.center().y()),
                       (isRight ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop, dragged.text);
        }
        painter.restore();
    }
}

void paintBadges(QCPPainter& painter, const PanelStack& stack, const DashboardMarks& marks,
                 const PlotStyle& style) {
    if (marks.table == nullptr || stack.count() == 0) return;
    for (std::size_t i = 0; i < stack.count(); ++i) {
        const QString text = panelBadge(stack, i);
        if (!text.isEmpty())
            paintBadge(painter, style, badgeBox(stack, i, style, text).topLeft(), Qt::AlignLeft,
                       text);
        if (!stack.panel(i).isEmpty()) continue;
        painter.setPen(style.muted);
        painter.setFont(style.tickFont);
        painter.drawText(stack.rect(i)->rect(), Qt::AlignCenter, translated("not measured"));
    }
    if (marks.probedRows.size() >= marks.table->rowCount()) return;
    const QString progress =
        translated("%1 of %2 probed").arg(marks.probedRows.size()).arg(marks.table->rowCount());
    const double lower = panelBadge(stack, 0).isEmpty()
                             ? 0.0
                             : badgeBox(stack, 0, style, panelBadge(stack, 0)).height();
    paintBadge(painter, style, badgeBox(stack, 0, style, progress).topLeft() + QPointF(0, lower),
               Qt::AlignLeft, progress);
    paintRug(painter, stack, marks, style);
}

bool isOnBadge(const PanelStack& stack, QPointF position, const PlotStyle& style) {
    for (std::size_t i = 0; i < stack.count(); ++i) {
        const QString text = panelBadge(stack, i);
        if (!text.isEmpty() && badgeBox(stack, i, style, text).contains(position)) return true;
    }
    return false;
}

}  // namespace gridscope::views
