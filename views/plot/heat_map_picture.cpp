// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/heat_map_picture.h"

#include <QCoreApplication>
#include <QImage>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "views/plot/panel_data.h"
#include "views/plot/plot_dressing.h"
#include "views/style/viridis.h"

namespace gridscope::views {

namespace {

constexpr int kMostColumns = 2048;
constexpr std::size_t kMostLayerLabels = 16;

}  // namespace

HeatMapPicture::HeatMapPicture(QCustomPlot& plot) : m_plot(plot) {
    prepareLayers(plot);
    m_cells = std::make_unique<PaintedLayer>(&plot, QStringLiteral("phases"),
                                             [this](QCPPainter& painter) { paintCells(painter); });
}

HeatMapPicture::~HeatMapPicture() { emptyPlot(m_plot); }

void HeatMapPicture::build(const SeriesTable* table, HeatMapData data, const PlotStyle& style,
                           StepScale scale, double resolution) {
    emptyPlot(m_plot);
    m_rect = nullptr;
    m_margins = std::make_unique<QCPMarginGroup>(&m_plot);
    m_data = std::move(data);
    m_style = style;
    m_scale = scale;
    m_resolution = resolution;
    dressPlot(m_plot, style);
    m_rect = makeAxisRect(m_plot, style,
                          QCoreApplication::translate("HeatMapPicture", "training step"), {});
    m_rect->setMarginGroup(QCP::MarginSides(QCP::msTop) | QCP::msBottom, m_margins.get());
    m_plot.plotLayout()->addElement(0, 0, m_rect);
    setStepAxis(*m_rect->axis(QCPAxis::atBottom), scale, 6);
    m_rect->axis(QCPAxis::atBottom)->grid()->setVisible(false);
    QCPAxis* y = m_rect->axis(QCPAxis::atLeft);
    y->grid()->setVisible(false);
    y->setRangeReversed(true);  // first layer on top
    const auto layers = static_cast<double>(std::max<std::size_t>(1, m_data.values.size()));
    y->setRange(-0.5, layers - 0.5);
    if (table != nullptr) labelLayers(table->trajectory());
    addColorScale();
    setSteps(fitted());
}

void HeatMapPicture::addColorScale() {
    auto* scale = new QCPColorScale(&m_plot);
    scale->setType(QCPAxis::atRight);
    m_plot.plotLayout()->addElement(0, 1, scale);
    QCPColorGradient gradient;
    gradient.clearColorStops();
    constexpr int kStops = 16;
    for (int i = 0; i < kStops; ++i)
        gradient.setColorStopAt(i / (kStops - 1.0), viridis(i / (kStops - 1.0)));
    scale->setGradient(gradient);
    scale->setDataRange(QCPRange(m_data.low, m_data.high));
    scale->setBarWidth(QFontMetrics(m_style.tickFont).height());
    dressAxis(*scale->axis(), m_style, m_data.title);
    setValueAxis(*scale->axis(), ValueScale::Linear, 5);
    const int em = QFontMetrics(m_style.tickFont).height();
    scale->setMinimumMargins(QMargins(em / 2, em / 2, em / 2, em / 3));
    scale->setMarginGroup(QCP::MarginSides(QCP::msTop) | QCP::msBottom, m_margins.get());
}

void HeatMapPicture::labelLayers(const Trajectory& trajectory) {
    const auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    const bool labelsAll = trajectory.layers.size() <= kMostLayerLabels;
    const auto& layers = trajectory.layers;
    const int blocks = std::accumulate(
        layers.begin(), layers.end(), 0,
        [](int most, const LayerInfo& layer) { return std::max(most, layer.block + 1); });
    const int every = std::max(1, blocks / 12);
    for (std::size_t first = 0; first < layers.size();) {
        std::size_t end = first + 1;
        while (!labelsAll && end < layers.size() && layers[end].block == layers[first].block) ++end;
        const double middle = static_cast<double>(first + end - 1) / 2;
        if (labelsAll)
            ticker->addTick(middle, layerLabel(trajectory, static_cast<int>(first)));
        else if (layers[first].block % every == 0)
            ticker->addTick(
                middle,
                QCoreApplication::translate("HeatMapPicture", "block %1").arg(layers[first].block));
        first = end;
    }
    m_rect->axis(QCPAxis::atLeft)->setTicker(ticker);
}

AxisRange HeatMapPicture::fitted() const {
    return paddedRange(m_data.positions, m_scale == StepScale::Logarithmic);
}

void HeatMapPicture::setSteps(AxisRange steps) {
    if (m_rect == nullptr || !isUsableRange(steps, m_scale == StepScale::Logarithmic)) return;
    m_steps = steps;
    m_rect->axis(QCPAxis::atBottom)->setRange(steps.low, steps.high);
}

void HeatMapPicture::setLayers(AxisRange layers) {
    if (m_rect == nullptr) return;
    const auto count = static_cast<double>(std::max<std::size_t>(1, m_data.values.size()));
    const double low = std::max(-0.5, std::min(layers.low, layers.high));
    const double high = std::min(count - 0.5, std::max(layers.low, layers.high));
    if (high - low >= 1) m_rect->axis(QCPAxis::atLeft)->setRange(low, high);
}

void HeatMapPicture::paintCells(QCPPainter& painter) const {
    if (m_rect == nullptr || m_data.values.empty() || m_data.rows.empty()) return;
    const QRect area = m_rect->rect();
    painter.save();
    painter.setClipRect(area);
    // The hatch shows wherever no cell covers it.
    painter.setPen(QPen(m_style.gridLine, m_style.gridWidth));
    const int spacing = std::max(4, QFontMetrics(m_style.tickFont).height() / 2);
    for (int x = area.left() - area.height(); x < area.right(); x += spacing)
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x + area.height(), area.top()));
    const QCPAxis* keys = m_rect->axis(QCPAxis::atBottom);
    const QCPAxis* layers = m_rect->axis(QCPAxis::atLeft);
    const int width = std::clamp(static_cast<int>(area.width() * m_resolution), 1, kMostColumns);
    const int height = std::max(1, static_cast<int>(area.height() * m_resolution));
    QImage image(width, height, QImage::Format_ARGB32);
    std::vector<int> columns(static_cast<std::size_t>(width));
    for (int x = 0; x < width; ++x) {
        const double at = keys->pixelToCoord(area.left() + (x + 0.5) * area.width() / width);
        columns[static_cast<std::size_t>(x)] = m_data.nearestColumn(at, m_scale);
    }
    for (int y = 0; y < height; ++y) {
        const double at = layers->pixelToCoord(area.top() - 1 + (y + 0.5) * area.height() / height);
        const long layer =
            std::clamp(std::lround(at), 0L, static_cast<long>(m_data.values.size()) - 1);
        const auto& values = m_data.values[static_cast<std::size_t>(layer)];
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < width; ++x) {
            const double value =
                values[static_cast<std::size_t>(columns[static_cast<std::size_t>(x)])];
            line[x] = std::isfinite(value)
                          ? viridis((value - m_data.low) / (m_data.high - m_data.low)).rgb()
                          : qRgba(0, 0, 0, 0);
        }
    }
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    // An axis maps its range onto left..left + width and bottom - height..bottom.
    painter.drawImage(QRectF(area).translated(0, -1), image);
    painter.restore();
}

std::optional<HeatMapCell> HeatMapPicture::cellAt(QPointF position) const {
    if (m_rect == nullptr || isEmpty() || !m_rect->rect().contains(position.toPoint()))
        return std::nullopt;
    const int column =
        m_data.nearestColumn(m_rect->axis(QCPAxis::atBottom)->pixelToCoord(position.x()), m_scale);
    const long layer =
        std::clamp(std::lround(m_rect->axis(QCPAxis::atLeft)->pixelToCoord(position.y())), 0L,
                   static_cast<long>(m_data.values.size()) - 1);
    if (column < 0) return std::nullopt;
    const auto index = static_cast<std::size_t>(column);
    return HeatMapCell{m_data.rows[index], static_cast<int>(layer),
                       m_data.values[static_cast<std::size_t>(layer)][index]};
}

}  // namespace gridscope::views
