// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/panel_stack.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include "views/plot/plot_dressing.h"
#include "views/plot/series_graph.h"
#include "views/plot/tick_values.h"

namespace gridscope::views {

namespace {

constexpr const char* kKeyProperty = "seriesKey";
constexpr std::size_t kThinPenPoints = 300;  // above, wide pens cost too much on screen
constexpr double kMeanWidth = 1.5;           // of a mean over seeds, in widths of other lines

QVector<double> toVector(const std::vector<double>& values) {
    return QVector<double>(values.begin(), values.end());
}

}  // namespace

PanelStack::PanelStack(QCustomPlot& plot) : m_plot(plot) {
    prepareLayers(plot);
    m_bandLayer = std::make_unique<PaintedLayer>(
        &plot, QStringLiteral("phases"), [this](QCPPainter& painter) {
            if (!m_options.bands) return;
            for (QCPAxisRect* rect : m_rects)
                paintPhaseBands(painter, *rect, m_phases, m_scale, m_style);
        });
    m_markLayer = std::make_unique<PaintedLayer>(
        &plot, QStringLiteral("axes"), [this](QCPPainter& painter) { paintMarks(painter); });
}

PanelStack::~PanelStack() { emptyPlot(m_plot); }

void PanelStack::build(std::vector<PanelData> panels, const PlotStyle& style, StepScale scale,
                       const StackOptions& options) {
    emptyPlot(m_plot);
    m_marginGroups.clear();
    m_rects.clear();
    m_legends.clear();
    m_sharedLegend = nullptr;
    m_strips.clear();
    m_panels = std::move(panels);
    m_style = style;
    m_scale = scale;
    m_options = options;
    std::erase_if(m_ownValues, [&](const auto& entry) { return entry.first >= m_panels.size(); });
    dressPlot(m_plot, style);
    const int columns = std::max(1, options.columns);
    const int rows = (static_cast<int>(m_panels.size()) + columns - 1) / columns;
    for (int i = 0; i < columns + rows; ++i)
        m_marginGroups.push_back(std::make_unique<QCPMarginGroup>(&m_plot));
    if (options.sharesLegend && options.legends) addSharedLegend();
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const int row = static_cast<int>(i) / columns;
        const int column = static_cast<int>(i) % columns;
        const bool isLast = i + static_cast<std::size_t>(columns) >= m_panels.size();
        addPanel(i, row, column, isLast ? row : row + 1);
    }
    wrapLegend();
    applyHidden();
    setSteps(fitted());
    for (PhaseStrip* strip : m_strips) strip->setPhases(m_phases, m_scale, std::nullopt);
}

void PanelStack::addSharedLegend() {
    m_sharedLegend = new QCPLegend;  // owned by the layout
    m_plot.plotLayout()->addElement(0, 0, m_sharedLegend);
    m_plot.plotLayout()->setRowStretchFactor(0, 0.001);  // no higher than its entries
    dressLegend(*m_sharedLegend, m_style);
    const int gap = QFontMetrics(m_style.legendFont).height() / 3;  // to the edge of the page
    m_sharedLegend->setMargins(QMargins(gap, gap, gap, 0));
}

void PanelStack::wrapLegend() {
    if (m_sharedLegend == nullptr || m_sharedLegend->itemCount() == 0) return;
    int widest = 1;
    for (int i = 0; i < m_sharedLegend->itemCount(); ++i) {
        const QCPAbstractLegendItem* item = m_sharedLegend->item(i);  // null past the last
        if (item != nullptr) widest = std::max(widest, item->minimumOuterSizeHint().width());
    }
    const int room = m_plot.viewport().width() - m_sharedLegend->margins().left() -
                     m_sharedLegend->margins().right();
    const int spacing = m_sharedLegend->columnSpacing();
    const int wrap = std::max(1, (room + spacing) / (widest + spacing));
    const auto byColumns = QCPLayoutGrid::foColumnsFirst;
    if (m_sharedLegend->wrap() == wrap && m_sharedLegend->fillOrder() == byColumns) return;
    m_sharedLegend->setWrap(wrap);
    m_sharedLegend->setFillOrder(byColumns, true);
}

void PanelStack::addPanel(std::size_t index, int row, int column, int lastRow) {
    const bool isLast = row == lastRow;
    QCPAxisRect* rect = makeAxisRect(
        m_plot, m_style,
        isLast ? QCoreApplication::translate("PanelStack", "training step") : QString(),
        m_panels[index].axisLabel);
    setStepAxis(*rect->axis(QCPAxis::atBottom), m_scale, m_options.stepTicks);
    rect->axis(QCPAxis::atBottom)->setTickLabels(isLast);
    setValueAxis(*rect->axis(QCPAxis::atLeft), m_panels[index].spec.scale, m_options.valueTicks);
    if (m_options.strip && row == 0) {
        auto* strip = new PhaseStrip(&m_plot, rect->axis(QCPAxis::atBottom), m_style);
        m_plot.plotLayout()->addElement(0, column, strip);
        m_strips.push_back(strip);
    }
    const int above = m_options.strip || m_sharedLegend != nullptr ? 1 : 0;
    m_plot.plotLayout()->addElement(row + above, column, rect);
    const auto group = static_cast<std::size_t>(column);
    rect->setMarginGroup(QCP::MarginSides(QCP::msLeft) | QCP::msRight, m_marginGroups[group].get());
    if (m_options.columns > 1) {
        const auto rowGroup = static_cast<std::size_t>(m_options.columns + row);
        rect->setMarginGroup(QCP::msBottom, m_marginGroups[rowGroup].get());
    }
    m_rects.push_back(rect);
    const bool wantsLegend = m_options.legends || m_panels[index].series.size() > 1;
    if (m_options.sharesLegend)
        m_legends.push_back(index == 0 ? m_sharedLegend : nullptr);
    else
        m_legends.push_back(wantsLegend ? addLegend(*rect, m_style, Qt::AlignTop | Qt::AlignLeft)
                                        : nullptr);
    for (const PanelSeries& series : m_panels[index].series) addSeries(index, series);
}

void PanelStack::addSeries(std::size_t index, const PanelSeries& series) {
    QCPAxis* x = m_rects[index]->axis(QCPAxis::atBottom);
    QCPAxis* y = m_rects[index]->axis(QCPAxis::atLeft);
    const FiniteSeries& points = series.points;
    const QVector<double> keys = toVector(points.x);
    const QVariant key(series.key);
    if (m_options.intervals && !points.low.empty()) {
        QCPGraph* low = m_plot.addGraph(x, y);
        QCPGraph* high = m_plot.addGraph(x, y);
        low->setData(keys, toVector(points.low), true);
        high->setData(keys, toVector(points.high), true);
        low->setPen(Qt::NoPen);
        high->setPen(Qt::NoPen);
        high->setBrush(m_style.intervalFill(series.styleIndex));
        high->setChannelFillGraph(low);
        low->setProperty(kKeyProperty, key);
        high->setProperty(kKeyProperty, key);
    }
    auto* graph = new SeriesGraph(x, y);  // owned by the plot
    graph->setData(keys, toVector(points.y), true);
    graph->setName(series.name);
    graph->setAdaptiveSampling(points.x.size() > 20000);
    dressSeries(*graph, series);
    graph->setProperty(kKeyProperty, key);
    if (m_legends[index] != nullptr && series.origin != SeriesOrigin::Seed)
        graph->addToLegend(m_legends[index]);
}

void PanelStack::dressSeries(QCPGraph& graph, const PanelSeries& series) const {
    if (series.origin == SeriesOrigin::Reference) {
        graph.setLineStyle(QCPGraph::lsNone);
        graph.setPen(m_style.seriesPen(series.styleIndex));
        QCPScatterStyle hollow = hollowStyle(m_style, series.styleIndex);
        if (series.marker) hollow.setShape(hollowStyle(m_style, *series.marker).shape());
        graph.setScatterStyle(hollow);
        return;
    }
    if (series.origin == SeriesOrigin::Bump) {
        graph.setLineStyle(QCPGraph::lsNone);
        QCPScatterStyle hollow = hollowStyle(m_style, series.styleIndex);
        hollow.setBrush(m_style.background);  // hides the filled marker of the mean below it
        hollow.setSize(m_style.markerSize * 1.4);
        graph.setScatterStyle(hollow);
        return;
    }
    const std::size_t points = series.points.x.size();
    QPen pen = series.origin == SeriesOrigin::Companion
                   ? m_style.companionPen(series.styleIndex, series.dash)
                   : m_style.seriesPen(series.styleIndex);
    if (series.origin == SeriesOrigin::Seed) pen = m_style.seedPen(series.styleIndex);
    if (series.origin == SeriesOrigin::Mean) pen.setWidthF(pen.widthF() * kMeanWidth);
    if (points > kThinPenPoints) pen.setWidthF(std::min(1.0, pen.widthF()));
    graph.setPen(pen);
    const bool wantsMarkers = m_options.markers && series.origin != SeriesOrigin::Seed;
    if (!wantsMarkers && points != 1) return;
    QCPScatterStyle shape = scatterStyle(m_style, series.styleIndex);
    if (series.marker) shape.setShape(scatterStyle(m_style, *series.marker).shape());
    graph.setScatterStyle(shape);
}

QString PanelStack::noteAt(QPointF position) const {
    const QString key = legendKeyAt(position);
    const int panel = panelAt(position);
    if (panel < 0) return {};
    const auto at = static_cast<std::size_t>(panel);
    const QCPAxis* x = m_rects[at]->axis(QCPAxis::atBottom);
    const QCPAxis* y = m_rects[at]->axis(QCPAxis::atLeft);
    const double reach = m_style.markerSize * 1.7;
    for (const PanelSeries& series : m_panels[at].series) {
        if (series.note.isEmpty() || (!key.isEmpty() && key != series.key)) continue;
        if (key == series.key) return series.note;
        if (m_hidden.contains(series.key)) continue;
        for (std::size_t k = 0; k < series.points.x.size(); ++k) {
            const QPointF point(x->coordToPixel(series.points.x[k]),
                                y->coordToPixel(series.points.y[k]));
            if (std::hypot(point.x() - position.x(), point.y() - position.y()) > reach) continue;
            return QStringLiteral("%1: %2\n%3")
                .arg(series.name, tickText(series.points.values[k], m_plot.locale()), series.note);
        }
    }
    return {};
}

void PanelStack::setPhases(const PhaseBands& phases, std::optional<int> selected) {
    m_phases = phases;
    for (PhaseStrip* strip : m_strips) strip->setPhases(phases, m_scale, selected);
}

void PanelStack::setHidden(const std::set<QString>& keys) {
    m_hidden = keys;
    applyHidden();
    fitValues();
}

void PanelStack::applyHidden() {
    for (int i = 0; i < m_plot.graphCount(); ++i) {
        QCPGraph* graph = m_plot.graph(i);
        graph->setVisible(!m_hidden.contains(graph->property(kKeyProperty).toString()));
    }
    // A hidden graph keeps its legend entry, in grey.
    for (QCPLegend* legend : m_legends) {
        if (legend == nullptr) continue;
        for (int i = 0; i < legend->itemCount(); ++i) {
            auto* item = qobject_cast<QCPPlottableLegendItem*>(legend->item(i));
            if (item == nullptr) continue;
            const QString key = item->plottable()->property(kKeyProperty).toString();
            item->setTextColor(m_hidden.contains(key) ? m_style.muted : m_style.foreground);
            QFont font = m_style.legendFont;
            font.setStrikeOut(m_hidden.contains(key));
            item->setFont(font);
        }
    }
}

void PanelStack::setSteps(AxisRange steps) {
    if (!isUsableRange(steps, m_scale == StepScale::Logarithmic)) return;
    m_steps = steps;
    for (QCPAxisRect* rect : m_rects)
        rect->axis(QCPAxis::atBottom)->setRange(steps.low, steps.high);
    fitValues();
}

void PanelStack::setValues(std::size_t panel, AxisRange values) {
    const bool isLog = m_panels[panel].spec.scale == ValueScale::Logarithmic;
    if (!isUsableRange(values, isLog)) return;
    m_ownValues[panel] = values;
    fitValues();
}

void PanelStack::clearValues() {
    m_ownValues.clear();
    fitValues();
}

void PanelStack::fitValues() {
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const auto own = m_ownValues.find(i);
        const AxisRange range =
            own != m_ownValues.end() ? own->second : fittedValues(m_panels[i], m_hidden, m_steps);
        if (isUsableRange(range, m_panels[i].spec.scale == ValueScale::Logarithmic))
            m_rects[i]->axis(QCPAxis::atLeft)->setRange(range.low, range.high);
    }
    placeLegends();
}

AxisRange PanelStack::values(std::size_t panel) const {
    const QCPRange range = m_rects[panel]->axis(QCPAxis::atLeft)->range();
    return {range.lower, range.upper};
}

void PanelStack::placeLegends() {
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        if (m_legends[i] == nullptr) continue;
        const QCPAxis* x = m_rects[i]->axis(QCPAxis::atBottom);
        const QCPAxis* y = m_rects[i]->axis(QCPAxis::atLeft);
        // Shares of the rect, so that this works before the first layout.
        QVector<QPointF> points;
        const bool isLogX = x->scaleType() == QCPAxis::stLogarithmic;
        const bool isLogY = y->scaleType() == QCPAxis::stLogarithmic;
        const auto share = [](const QCPRange& range, double at, bool isLog) {
            return isLog ? std::log(at / range.lower) / std::log(range.upper / range.lower)
                         : (at - range.lower) / range.size();
        };
        for (const PanelSeries& series : m_panels[i].series) {
            for (std::size_t k = 0; k < series.points.x.size(); ++k)
                points.append(QPointF(1000 * share(x->range(), series.points.x[k], isLogX),
                                      1000 - 1000 * share(y->range(), series.points.y[k], isLogY)));
        }
        auto* inset = m_rects[i]->insetLayout();
        for (int k = 0; k < inset->elementCount(); ++k)
            inset->setInsetAlignment(k, emptiestCorner(QRect(0, 0, 1000, 1000), points));
    }
}

int PanelStack::panelAt(QPointF position) const {
    for (std::size_t i = 0; i < m_rects.size(); ++i) {
        const QRect area = m_rects[i]->rect();
        if (area.contains(position.toPoint())) return static_cast<int>(i);
    }
    return -1;
}

std::optional<std::size_t> PanelStack::boundaryAt(QPointF position) const {
    constexpr double kReach = 5.0;  // logical pixels on each side of the line
    const int panel = panelAt(position);
    if (panel < 0 || !m_options.bands) return std::nullopt;
    const QCPAxis* axis = m_rects[static_cast<std::size_t>(panel)]->axis(QCPAxis::atBottom);
    return boundaryNear(m_phases, *axis, position.x(), m_scale, kReach);
}

std::optional<int> PanelStack::stripPhaseAt(QPointF position) const {
    for (const PhaseStrip* strip : m_strips) {
        if (const auto phase = strip->phaseUnder(position)) return phase;
    }
    return std::nullopt;
}

QString PanelStack::legendKeyAt(QPointF position) const {
    for (QCPLegend* legend : m_legends) {
        if (legend == nullptr) continue;
        for (int i = 0; i < legend->itemCount(); ++i) {
            auto* item = qobject_cast<QCPPlottableLegendItem*>(legend->item(i));
            if (item != nullptr && item->outerRect().contains(position.toPoint()))
                return item->plottable()->property(kKeyProperty).toString();
        }
    }
    return {};
}

QPoint PanelStack::stripPixelOf(int phase) const {
    return m_strips.empty() ? QPoint() : m_strips.front()->middleOf(phase);
}

QPoint PanelStack::legendPixelOf(std::size_t panel, int series) const {
    QCPLegend* legend = m_legends[panel];
    if (legend == nullptr || series < 0 || series >= legend->itemCount()) return {};
    return legend->item(series)->outerRect().center();
}

void PanelStack::paintMarks(QCPPainter& painter) const {
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const PanelData& panel = m_panels[i];
        const QRect area = m_rects[i]->rect();
        const QCPAxis* x = m_rects[i]->axis(QCPAxis::atBottom);
        const QCPAxis* y = m_rects[i]->axis(QCPAxis::atLeft);
        painter.save();
        painter.setClipRect(area);
        painter.setFont(m_style.tickFont);
        const double em = QFontMetricsF(m_style.tickFont).height();
        if (panel.spec.reference) {
            const double at = y->coordToPixel(toAxis(*panel.spec.reference, panel.spec.scale));
            painter.setPen(m_style.referencePen());
            painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at));
            painter.setPen(m_style.muted);
            const QRectF room(area.left(), at - em, area.width() - em / 2, em);
            painter.drawText(room, Qt::AlignRight | Qt::AlignBottom, panel.spec.referenceName);
        }
        const int row = panel.spec.marksMinimum ? minimumRow(panel) : -1;
        if (row >= 0 && !m_hidden.contains(panel.series.front().key)) {
            const FiniteSeries& points = panel.series.front().points;
            const auto at = static_cast<std::size_t>(points.indexOfRow(row));
            const QPointF center(x->coordToPixel(points.x[at]), y->coordToPixel(points.y[at]));
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(m_style.accent, m_style.lineWidth));
            painter.drawEllipse(center, m_style.markerSize, m_style.markerSize);
            painter.setPen(m_style.foreground);
            const QString text = QCoreApplication::translate("PanelStack", "minimum %1")
                                     .arg(tickText(points.values[at], m_plot.locale()));
            QRectF room(QPointF(), QFontMetricsF(m_style.tickFont).size(0, text));
            // Below it, where by its nature the curve is not; fittedValues leaves the room.
            room.moveCenter(center + QPointF(0, m_style.markerSize + em * 0.7));
            if (room.bottom() > area.bottom())
                room.moveCenter(center - QPointF(0, m_style.markerSize + em * 0.7));
            room.moveRight(std::min(room.right(), area.right() - em * 0.2));
            room.moveLeft(std::max(room.left(), area.left() + em * 0.2));
            QColor behind = m_style.background;  // a boundary would cross the words
            behind.setAlphaF(0.8F);
            painter.fillRect(room, behind);
            painter.drawText(room, Qt::AlignHCenter | Qt::AlignVCenter, text);
        }
        painter.restore();
    }
}

}  // namespace gridscope::views
