// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/heat_map_plot.h"

#include <QLocale>

#include <cmath>

#include "views/plot/heat_map_picture.h"
#include "views/plot/panel_data.h"
#include "views/plot/plot_dressing.h"
#include "views/plot/step_interaction.h"
#include "views/plot/tick_values.h"

namespace gridscope::views {

HeatMapPlot::HeatMapPlot(QWidget* parent)
    : PlotWidget(QStringLiteral("heatMapPlot"), tr("Heat map of layers over steps"), parent),
      m_picture(std::make_unique<HeatMapPicture>(plot())) {
    m_overlay = std::make_unique<PaintedLayer>(
        &plot(), QStringLiteral("overlay"), [this](QCPPainter& painter) { paintOverlay(painter); });
    auto* interaction = new StepInteraction(&plot());
    connect(interaction, &StepInteraction::clicked, this, &HeatMapPlot::click);
    connect(interaction, &StepInteraction::doubleClicked, this, [this] {
        fitValues();
        emit fitRequested(stepGroup(state().stepScale));
    });
    connect(interaction, &StepInteraction::hovered, this, [this](QPointF position) {
        m_hovered = position;
        if (const auto cell = m_picture->cellAt(position))
            emit cursorMoved(data()->steps()[static_cast<std::size_t>(cell->row)]);
        replotOverlay();
    });
    connect(interaction, &StepInteraction::stepsProposed, this, [this](AxisRange steps) {
        if (isUsableRange(steps, stepsAreLogarithmic()))
            emit rangeRequested(stepGroup(state().stepScale), steps);
    });
    connect(interaction, &StepInteraction::valuesProposed, this,
            [this](QPointF /*position*/, AxisRange layers) {
                m_picture->setLayers(layers);
                replotLater();
            });
    rebuild();
}

HeatMapPlot::~HeatMapPlot() = default;

void HeatMapPlot::setCursor(std::optional<double> step, std::optional<double> pinned) {
    m_cursor = step;
    m_pinned = pinned;
    replotOverlay();
}

QString HeatMapPlot::shownMetric() const { return layerMetricFor(state().metric); }

void HeatMapPlot::fitValues() {
    m_picture->setLayers({-0.5, static_cast<double>(m_picture->data().values.size()) - 0.5});
    replotLater();
}

std::vector<PlotColumn> HeatMapPlot::columns() const {
    if (data() == nullptr) return {};
    return heatMapColumns(*data(), m_picture->data());
}

QSize HeatMapPlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 22, em * 12};
}

void HeatMapPlot::rebuild() {
    HeatMapData cells;
    if (data() != nullptr)
        cells = heatMapData(*data(), shownMetric().toStdString(), state().grid.toStdString(),
                            state().stepScale);
    m_picture->build(data(), std::move(cells), plotStyle(), state().stepScale, devicePixelRatioF());
    applyRange();
    describe(description(), m_picture->isEmpty());
    replotLater();
}

void HeatMapPlot::applyRange() {
    const auto range = state().ranges.find(stepGroup(state().stepScale));
    m_picture->setSteps(range != state().ranges.end() ? range->second : m_picture->fitted());
    m_picture->setLayers({-0.5, static_cast<double>(m_picture->data().values.size()) - 0.5});
}

void HeatMapPlot::stateShown(NavigationFields changed) {
    using enum NavigationField;
    if (changed & (NavigationFields(Run) | Grid | Metric | NavigationField::StepScale)) {
        rebuild();
        return;
    }
    if (changed & Ranges) {
        applyRange();
        replotLater();
    } else if (changed & (NavigationFields(Checkpoint) | Layer)) {
        replotOverlay();
    }
}

QString HeatMapPlot::emptyText() const {
    if (data() == nullptr || data()->rowCount() == 0) return tr("Pick a probed checkpoint.");
    return tr("%1 was not measured for this run and grid.").arg(shownMetric());
}

std::optional<AxisRange> HeatMapPlot::stepRange() const {
    if (m_picture->isEmpty()) return std::nullopt;
    return m_picture->steps();
}

void HeatMapPlot::click(QPointF position, Qt::KeyboardModifiers modifiers) {
    const auto cell = m_picture->cellAt(position);
    if (!cell) return;
    if (modifiers.testFlag(Qt::ShiftModifier)) {
        emit overlayToggled(cell->row);
        return;
    }
    emit checkpointActivated(cell->row);
    emit layerActivated(cell->layer);
}

void HeatMapPlot::paintOverlay(QCPPainter& painter) const {
    if (m_picture->isEmpty()) return;
    const QCPAxisRect* rect = m_picture->rect();
    const QRect area = rect->rect();
    const QCPAxis* x = rect->axis(QCPAxis::atBottom);
    const QCPAxis* y = rect->axis(QCPAxis::atLeft);
    painter.save();
    painter.setClipRect(area);
    painter.setBrush(Qt::NoBrush);
    const auto vertical = [&](double step, const QPen& pen) {
        const double at = x->coordToPixel(stepPosition(step, state().stepScale));
        painter.setPen(pen);
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
    };
    const int row = currentRow();
    if (row >= 0) {
        const double step = data()->steps()[static_cast<std::size_t>(row)];
        if (!std::isnan(step)) vertical(step, QPen(plotStyle().accent, plotStyle().lineWidth));
    }
    if (m_pinned)
        vertical(*m_pinned, QPen(plotStyle().crosshair, plotStyle().axisWidth, Qt::DashLine));
    if (m_cursor)
        vertical(*m_cursor, QPen(plotStyle().crosshair, plotStyle().axisWidth, Qt::DotLine));
    if (currentLayer() >= 0) {
        const double top = y->coordToPixel(currentLayer() - 0.5);
        const double bottom = y->coordToPixel(currentLayer() + 0.5);
        painter.setPen(QPen(plotStyle().accent, plotStyle().lineWidth));
        painter.drawRect(QRectF(area.left(), top, area.width() - 1, bottom - top));
    }
    const auto cell = m_hovered ? m_picture->cellAt(*m_hovered) : std::nullopt;
    if (cell) {
        const double step = data()->steps()[static_cast<std::size_t>(cell->row)];
        const QString value =
            std::isnan(cell->value) ? tr("not measured") : QLocale().toString(cell->value, 'g', 5);
        const bool isRight = m_hovered->x() > area.center().x();
        const double gap = plotStyle().tickLength * 2;
        paintBadge(painter, plotStyle(),
                   QPointF(m_hovered->x() + (isRight ? -gap : gap), m_hovered->y()),
                   (isRight ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter,
                   tr("step %1, %2: %3")
                       .arg(QLocale().toString(step, 'f', 0),
                            layerLabel(data()->trajectory(), cell->layer), value));
    }
    painter.restore();
}

QString HeatMapPlot::description() const {
    if (m_picture->isEmpty()) return {};
    const HeatMapData& cells = m_picture->data();
    const QLocale locale;
    return tr("%1 of %2 matrices over %3 checkpoints, %4 to %5; %n cell(s) not measured.", nullptr,
              cells.missing)
        .arg(cells.title)
        .arg(cells.values.size())
        .arg(cells.rows.size())
        .arg(locale.toString(cells.low, 'g', 4), locale.toString(cells.high, 'g', 4));
}

}  // namespace gridscope::views
