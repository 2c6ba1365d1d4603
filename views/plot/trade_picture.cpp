// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/trade_picture.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>

#include "views/plot/fork_series.h"
#include "views/plot/plot_dressing.h"

namespace gridscope::views {

namespace {

QString translated(const char* text) { return QCoreApplication::translate("TradePicture", text); }

}  // namespace

TradePicture::TradePicture(QCustomPlot& plot) : m_plot(plot) {
    prepareLayers(plot);
    m_points = std::make_unique<PaintedLayer>(&plot, QStringLiteral("main"),
                                              [this](QCPPainter& painter) { paint(painter); });
}

TradePicture::~TradePicture() { emptyPlot(m_plot); }

void TradePicture::build(std::shared_ptr<const ForkReport> report, const PlotStyle& style) {
    emptyPlot(m_plot);
    m_rect = nullptr;
    m_report = std::move(report);
    m_style = style;
    dressPlot(m_plot, style);
    if (isEmpty()) return;
    const QString grid = gridLabel(m_report->results.gridId);
    m_rect = makeAxisRect(m_plot, style, translated("FP32 perplexity above control [%]"),
                          translated("%1 gap [%]").arg(grid));
    auto* title = new QCPTextElement(&m_plot, translated("Ringed: no other is better in both"),
                                     style.tickFont);
    title->setTextColor(style.foreground);
    m_plot.plotLayout()->addElement(0, 0, title);
    m_plot.plotLayout()->addElement(1, 0, m_rect);
    setValueAxis(*m_rect->axis(QCPAxis::atBottom), ValueScale::Linear, 6);
    setValueAxis(*m_rect->axis(QCPAxis::atLeft), ValueScale::Linear, 5);
    fitRanges();
}

void TradePicture::fitRanges() {
    std::vector<double> costs, gaps;
    for (const TradePoint& point : m_report->trade) {
        costs.push_back(point.pplPercent);
        gaps.push_back(point.gapPercent);
    }
    // More room than other plots leave: labels stand beside the outermost points.
    constexpr double kRoom = 1.3;
    const auto fit = [](QCPAxis& axis, AxisRange range) {
        range = zoomed(range, kRoom, (range.low + range.high) / 2, false);
        if (isUsableRange(range, false)) axis.setRange(range.low, range.high);
    };
    fit(*m_rect->axis(QCPAxis::atBottom), paddedRange(costs, false));
    fit(*m_rect->axis(QCPAxis::atLeft), paddedRange(gaps, false));
}

QPointF TradePicture::pixelOf(std::size_t point) const {
    const TradePoint& at = m_report->trade[point];
    return {m_rect->axis(QCPAxis::atBottom)->coordToPixel(at.pplPercent),
            m_rect->axis(QCPAxis::atLeft)->coordToPixel(at.gapPercent)};
}

QString TradePicture::labelOf(std::size_t point) const {
    const TradePoint& at = m_report->trade[point];
    const QString name = conditionLabel(m_report->results.record.design, at.condition);
    return at.probes == ProbeClass::Cool ? translated("%1, cool").arg(name) : name;
}

std::vector<std::size_t> TradePicture::front() const {
    std::vector<std::size_t> points;
    for (std::size_t i = 0; !isEmpty() && i < m_report->trade.size(); ++i) {
        if (m_report->trade[i].onFront) points.push_back(i);
    }
    std::stable_sort(points.begin(), points.end(), [this](std::size_t a, std::size_t b) {
        return m_report->trade[a].pplPercent < m_report->trade[b].pplPercent;
    });
    return points;
}

int TradePicture::pointAt(QPointF position) const {
    for (std::size_t i = 0; m_rect != nullptr && i < m_report->trade.size(); ++i) {
        const QPointF away = pixelOf(i) - position;
        if (std::hypot(away.x(), away.y()) <= m_style.markerSize * 2) return static_cast<int>(i);
    }
    return -1;
}

void TradePicture::paint(QCPPainter& painter) const {
    if (m_rect == nullptr) return;
    painter.save();
    painter.setClipRect(m_rect->rect());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(m_style.reference, m_style.lineWidth, Qt::DashLine));
    QPolygonF line;
    for (const std::size_t point : front()) line << pixelOf(point);
    painter.drawPolyline(line);
    for (std::size_t i = 0; i < m_report->trade.size(); ++i) {
        const TradePoint& point = m_report->trade[i];
        if (point.onFront) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(m_style.accent, m_style.lineWidth));
            painter.drawEllipse(pixelOf(i), m_style.markerSize * 1.4, m_style.markerSize * 1.4);
        }
        QCPScatterStyle shape = scatterStyle(m_style, point.condition);
        shape.setSize(m_style.markerSize * 1.4);
        shape.applyTo(&painter, QPen(m_style.seriesColor(point.condition)));
        shape.drawShape(&painter, pixelOf(i));
    }
    paintLabels(painter);
    painter.restore();
}

void TradePicture::paintLabels(QCPPainter& painter) const {
    const QFontMetricsF metrics(m_style.tickFont);
    painter.setFont(m_style.tickFont);
    painter.setPen(m_style.foreground);
    const double reach = m_style.markerSize * 2;
    std::vector<QRectF> taken;
    for (std::size_t i = 0; i < m_report->trade.size(); ++i)
        taken.emplace_back(pixelOf(i) - QPointF(reach, reach) / 2, QSizeF(reach, reach));
    // The line of the front, as a chain of small boxes.
    const std::vector<std::size_t> ends = front();
    for (std::size_t i = 1; i < ends.size(); ++i) {
        const QLineF line(pixelOf(ends[i - 1]), pixelOf(ends[i]));
        const double box = m_style.markerSize / 2;
        for (double at = 0; at < line.length(); at += box)
            taken.emplace_back(line.pointAt(at / line.length()), QSizeF(1, 1));
    }
    for (std::size_t i = 0; i < m_report->trade.size(); ++i) {
        const QPointF at = pixelOf(i);
        const QSizeF size = metrics.size(0, labelOf(i));
        // Right, left, above, below: the first place that is free and inside.
        const std::array<QPointF, 4> places{at + QPointF(reach, -size.height() / 2),
                                            at + QPointF(-reach - size.width(), -size.height() / 2),
                                            at + QPointF(-size.width() / 2, -reach - size.height()),
                                            at + QPointF(-size.width() / 2, reach)};
        QRectF box(places.front(), size);
        for (const QPointF& place : places) {
            const QRectF candidate(place, size);
            const bool isFree = std::none_of(taken.begin(), taken.end(), [&](const QRectF& other) {
                return other.intersects(candidate);
            });
            if (!isFree || !QRectF(m_rect->rect()).contains(candidate)) continue;
            box = candidate;
            break;
        }
        taken.push_back(box);
        painter.drawText(box, Qt::AlignCenter, labelOf(i));
    }
}

std::vector<PlotColumn> tradeColumns(const ForkReport& report) {
    if (report.trade.empty()) return {};
    std::string names;
    const auto& conditions = report.results.record.design.conditions;
    for (std::size_t i = 0; i < conditions.size(); ++i)
        names += (i == 0 ? "" : "; ") + std::to_string(i + 1) + " = " + conditions[i].name;
    std::vector<PlotColumn> columns{{"condition (" + names + ")", {}},
                                    {"fp32_ppl above control [%]", {}},
                                    {"gap_percent " + report.results.gridId + " [%]", {}},
                                    {"pareto (1 = yes)", {}}};
    for (const TradePoint& point : report.trade) {
        columns[0].values.push_back(static_cast<double>(point.condition + 1));
        columns[1].values.push_back(point.pplPercent);
        columns[2].values.push_back(point.gapPercent);
        columns[3].values.push_back(point.onFront ? 1.0 : 0.0);
    }
    return columns;
}

}  // namespace gridscope::views
