// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/outline_picture.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>

#include "views/plot/panel_data.h"
#include "views/plot/plot_dressing.h"
#include "views/plot/plot_scale.h"
#include "views/plot/tick_values.h"

namespace gridscope::views {

namespace {

constexpr double kEdgeResidual = 0.4;
constexpr std::size_t kMostBars = 16;
constexpr std::size_t kMostOverlays = 8;

QString translated(const char* text) { return QCoreApplication::translate("OutlinePicture", text); }

}  // namespace

OutlinePicture::OutlinePicture(QCustomPlot& plot) : m_plot(plot) {
    prepareLayers(plot);
    m_references = std::make_unique<PaintedLayer>(
        &plot, QStringLiteral("phases"), [this](QCPPainter& painter) { paintReferences(painter); });
}

OutlinePicture::~OutlinePicture() { emptyPlot(m_plot); }

void OutlinePicture::build(const SeriesTable* table, const OutlineChoice& choice,
                           const PlotStyle& style) {
    emptyPlot(m_plot);
    m_rect = nullptr;
    m_legend = nullptr;
    m_outlines.clear();
    m_noise = kNotMeasured;
    m_firstFacts.clear();
    m_style = style;
    m_kind = choice.kind;
    dressPlot(m_plot, style);
    if (table != nullptr) collect(*table, choice);
    const bool isResiduals = m_kind == OutlineKind::Residuals;
    m_caption = table != nullptr && !isEmpty() ? captionOf(*table, choice) : QString();
    auto* title = new QCPTextElement(&m_plot, m_caption, style.tickFont);
    title->setTextColor(style.foreground);
    m_plot.plotLayout()->addElement(0, 0, title);
    m_rect = makeAxisRect(
        m_plot, style, isResiduals ? translated("residual [scales]") : translated("code"),
        isResiduals ? translated("density (uniform = 1)") : translated("share of weights"));
    m_plot.plotLayout()->addElement(1, 0, m_rect);
    setValueAxis(*m_rect->axis(QCPAxis::atBottom), ValueScale::Linear, 6);
    setValueAxis(*m_rect->axis(QCPAxis::atLeft), ValueScale::Linear, 5);
    if (isEmpty()) return;
    if (!isResiduals) {
        const auto ticker = QSharedPointer<QCPAxisTickerFixed>::create();
        ticker->setTickStep(
            static_cast<double>(std::max<std::size_t>(1, m_outlines.front().heights.size() / 8)));
        m_rect->axis(QCPAxis::atBottom)->setTicker(ticker);
        m_rect->axis(QCPAxis::atBottom)->setSubTicks(false);
    }
    if (isResiduals) addReferenceLines();
    m_legend = addLegend(*m_rect, style, Qt::AlignTop | Qt::AlignRight);
    const double lastStep = std::max(1.0, table->steps().empty() ? 1.0 : table->steps().back());
    for (std::size_t i = 0; i < m_outlines.size(); ++i) {
        const double position = std::log1p(m_outlines[i].step) / std::log1p(lastStep);
        const bool isCurrent = m_outlines[i].row == choice.currentRow;
        if (!isResiduals && isCurrent && m_outlines[i].heights.size() <= kMostBars)
            drawBars(m_outlines[i], position);
        else
            drawOutline(m_outlines[i], isCurrent, position, i);
    }
    const auto& edges = m_outlines.front().edges;
    m_rect->axis(QCPAxis::atBottom)->setRange(edges.front(), edges.back());
    const AxisRange heights = heightRange();
    m_rect->axis(QCPAxis::atLeft)->setRange(heights.low, heights.high);
}

void OutlinePicture::collect(const SeriesTable& table, const OutlineChoice& choice) {
    std::vector<int> rows{choice.currentRow};
    for (const int row : choice.overlay) {
        if (row != choice.currentRow && rows.size() <= kMostOverlays) rows.push_back(row);
    }
    for (const int row : rows) {
        Outline outline;
        outline.row = row;
        if (m_kind == OutlineKind::Residuals) {
            const auto density = residualDensity(table, row, choice.histogram);
            if (!density) continue;
            outline.heights = density->density;
            const auto bins = static_cast<double>(outline.heights.size());
            for (double i = 0; i <= bins; ++i) outline.edges.push_back(i / bins - 0.5);
            if (std::isnan(m_noise)) {
                m_noise = density->noise();
                m_firstFacts = translated("%1 weights, edge mass %2 (uniform 0.2)")
                                   .arg(m_plot.locale().toString(density->count, 'f', 0),
                                        m_plot.locale().toString(density->edgeMass, 'f', 4));
            }
        } else {
            const auto codes = codeShares(table, row, choice.histogram);
            if (!codes) continue;
            outline.heights = codes->shares;
            for (std::size_t i = 0; i <= codes->shares.size(); ++i)
                outline.edges.push_back(codes->firstCode + static_cast<double>(i) - 0.5);
            if (m_firstFacts.isEmpty())
                m_firstFacts = translated("entropy %1 bit, exact groups %2 %")
                                   .arg(m_plot.locale().toString(codes->entropyBits, 'f', 3),
                                        m_plot.locale().toString(100 * codes->exactGroups, 'g', 3));
        }
        outline.step = std::max(0.0, table.steps()[static_cast<std::size_t>(row)]);
        m_outlines.push_back(std::move(outline));
    }
}

QColor OutlinePicture::outlineColor(double position) const {
    // Colours tell steps apart; one alone needs the strongest contrast instead.
    return m_outlines.size() == 1 ? m_style.seriesColor(0) : m_style.ordered(position);
}

void OutlinePicture::drawOutline(const Outline& outline, bool isCurrent, double position,
                                 std::size_t index) {
    QCPGraph* graph =
        m_plot.addGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    QVector<double> keys(outline.edges.begin(), outline.edges.end());
    QVector<double> values(outline.heights.begin(), outline.heights.end());
    values.append(outline.heights.back());  // the last bin ends at the last edge
    graph->setLineStyle(QCPGraph::lsStepLeft);
    graph->setData(keys, values, true);
    QPen pen = m_style.seriesPen(0);
    pen.setColor(outlineColor(position));
    pen.setWidthF(isCurrent ? m_style.lineWidth * 1.6 : m_style.lineWidth);
    // Neighbouring steps have near colours, so the dash differs too.
    constexpr std::array kDashes{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
    pen.setStyle(kDashes[index % kDashes.size()]);
    graph->setPen(pen);
    graph->setName(translated("step %1").arg(tickText(outline.step, m_plot.locale())));
    graph->addToLegend(m_legend);
}

void OutlinePicture::drawBars(const Outline& outline, double position) {
    auto* bars = new QCPBars(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    QVector<double> keys;
    for (std::size_t i = 0; i < outline.heights.size(); ++i) keys.append(outline.edges[i] + 0.5);
    bars->setData(keys, QVector<double>(outline.heights.begin(), outline.heights.end()), true);
    bars->setWidth(0.8);
    QColor fill = outlineColor(position);
    bars->setPen(QPen(fill, m_style.axisWidth));
    fill.setAlphaF(0.6F);
    bars->setBrush(fill);
    bars->setName(translated("step %1").arg(tickText(outline.step, m_plot.locale())));
    bars->addToLegend(m_legend);
}

AxisRange OutlinePicture::heightRange() const {
    std::vector<double> heights;
    for (const Outline& outline : m_outlines)
        heights.insert(heights.end(), outline.heights.begin(), outline.heights.end());
    if (m_kind == OutlineKind::Residuals) {
        heights.push_back(1.0 - 1.2 * m_noise);
        heights.push_back(1.0 + 1.2 * m_noise);
    } else {
        heights.push_back(0.0);
    }
    AxisRange range = paddedRange(heights, false);
    // Room for the legend above the data.
    const double lines = static_cast<double>(std::min<std::size_t>(m_outlines.size(), 4));
    range.high += (0.12 + 0.09 * lines) * (range.high - range.low);
    if (m_kind == OutlineKind::Codes) range.low = 0;
    return range;
}

void OutlinePicture::paintReferences(QCPPainter& painter) const {
    if (m_rect == nullptr || m_kind != OutlineKind::Residuals || isEmpty()) return;
    const QCPAxis* y = m_rect->axis(QCPAxis::atLeft);
    const QRect area = m_rect->rect();
    painter.save();
    painter.setClipRect(area);
    QColor band = m_style.reference;
    band.setAlphaF(0.2F);
    const double top = y->coordToPixel(1.0 + m_noise);
    const double bottom = y->coordToPixel(1.0 - m_noise);
    painter.fillRect(QRectF(area.left(), top, area.width(), bottom - top), band);
    painter.restore();
}

void OutlinePicture::addReferenceLines() {
    QCPAxis* x = m_rect->axis(QCPAxis::atBottom);
    QCPAxis* y = m_rect->axis(QCPAxis::atLeft);
    // Items lie over the grid, whose own lines at the same places would hide them.
    const auto add = [&](QPointF from, QPointF to, const QPen& pen) {
        auto* line = new QCPItemStraightLine(&m_plot);
        line->setClipAxisRect(m_rect);
        line->setSelectable(false);
        line->setPen(pen);
        for (QCPItemPosition* point : {line->point1, line->point2}) {
            point->setAxisRect(m_rect);
            point->setAxes(x, y);
        }
        line->point1->setCoords(from);
        line->point2->setCoords(to);
    };
    QPen uniform = m_style.referencePen();
    uniform.setColor(m_style.foreground);  // on the band its own colour would be lost
    add({0, 1}, {1, 1}, uniform);
    QPen dotted = m_style.referencePen();
    dotted.setStyle(Qt::DotLine);
    for (const double edge : {-kEdgeResidual, kEdgeResidual}) add({edge, 0}, {edge, 1}, dotted);
}

QString OutlinePicture::captionOf(const SeriesTable& table, const OutlineChoice& choice) const {
    const QString separator = QStringLiteral(" \u00b7 ");
    return gridLabel(choice.histogram.grid) + separator +
           layerLabel(table.trajectory(), choice.histogram.layer) + separator +
           translated("step %1").arg(tickText(m_outlines.front().step, m_plot.locale())) + u'\n' +
           m_firstFacts;
}

}  // namespace gridscope::views
