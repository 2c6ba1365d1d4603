// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/dashboard_plot.h"

#include <QHelpEvent>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cmath>

#include "views/plot/boundary_drag.h"
#include "views/plot/dashboard_overlay.h"
#include "views/plot/painted_layer.h"
#include "views/plot/panel_stack.h"
#include "views/plot/step_interaction.h"

namespace gridscope::views {

DashboardPlot::DashboardPlot(QWidget* parent, const QString& objectName)
    : PlotWidget(objectName, tr("Dashboard plots"), parent),
      m_panels(defaultPanels()),
      m_interaction(new StepInteraction(&plot())),
      m_marks(std::make_unique<DashboardMarks>()),
      m_stack(std::make_unique<PanelStack>(plot())) {
    m_badgeLayer = std::make_unique<PaintedLayer>(
        &plot(), QStringLiteral("legend"),
        [this](QCPPainter& painter) { paintBadges(painter, *m_stack, *m_marks, plotStyle()); });
    m_cursorLayer = std::make_unique<PaintedLayer>(
        &plot(), QStringLiteral("overlay"), [this](QCPPainter& painter) {
            paintCursor(painter, *m_stack, *m_marks, plotStyle());
            if (m_marks->dragged) paintDragged(painter, *m_stack, *m_marks->dragged, plotStyle());
        });
    m_interaction->setGrip([this](QPointF position) { return grip(position); });
    connect(m_interaction, &StepInteraction::gripMoved, this, &DashboardPlot::dragBoundary);
    connect(m_interaction, &StepInteraction::gripReleased, this, &DashboardPlot::dropBoundary);
    connect(m_interaction, &StepInteraction::clicked, this, &DashboardPlot::click);
    connect(m_interaction, &StepInteraction::doubleClicked, this, &DashboardPlot::doubleClick);
    connect(m_interaction, &StepInteraction::hovered, this, &DashboardPlot::hover);
    connect(m_interaction, &StepInteraction::stepsProposed, this, [this](AxisRange steps) {
        if (isUsableRange(steps, stepsAreLogarithmic()))
            emit rangeRequested(stepGroup(state().stepScale), steps);
    });
    connect(m_interaction, &StepInteraction::valuesProposed, this,
            [this](QPointF position, AxisRange values) {
                const int panel = m_stack->panelAt(position);
                if (panel < 0) return;
                m_stack->setValues(static_cast<std::size_t>(panel), values);
                replotLater();
            });
    rebuild();
}

DashboardPlot::~DashboardPlot() = default;

void DashboardPlot::setPanels(std::vector<PanelSpec> panels) {
    m_panels = std::move(panels);
    fitValues();
    rebuild();
}

void DashboardPlot::setEmptyText(const QString& text) {
    m_emptyText = text;
    rebuild();
}

void DashboardPlot::setReferences(std::vector<ReferenceSeries> references) {
    m_references = std::move(references);
    rebuild();
}

void DashboardPlot::setCompanions(std::vector<CompanionRun> companions) {
    if (companions.empty() && m_companions.empty()) return;
    m_companions = std::move(companions);
    rebuild();
}

void DashboardPlot::setCursor(std::optional<double> step, std::optional<double> pinned) {
    m_marks->cursorStep = step;
    m_marks->pinnedStep = pinned;
    replotOverlay();
}

void DashboardPlot::fitValues() {
    m_stack->clearValues();
    replotLater();
}

std::vector<PlotColumn> DashboardPlot::columns() const {
    if (data() == nullptr || m_stack->count() == 0) return {};
    return panelColumns(*data(), *m_stack);
}

int DashboardPlot::panelCount() const { return static_cast<int>(m_stack->count()); }

AxisRange DashboardPlot::shownSteps() const { return m_stack->steps(); }

AxisRange DashboardPlot::shownValues(int panel) const {
    return m_stack->values(static_cast<std::size_t>(panel));
}

QStringList DashboardPlot::seriesNames(int panel) const {
    QStringList names;
    for (const PanelSeries& series : m_stack->panel(static_cast<std::size_t>(panel)).series)
        names << series.name;
    return names;
}

bool DashboardPlot::isSeriesShown(int panel, int series) const {
    const PanelData& shown = m_stack->panel(static_cast<std::size_t>(panel));
    return !m_hidden.contains(shown.series[static_cast<std::size_t>(series)].key);
}

QPoint DashboardPlot::pixelOf(int panel, double step) const {
    const QCPAxisRect* rect = m_stack->rect(static_cast<std::size_t>(panel));
    const double x =
        rect->axis(QCPAxis::atBottom)->coordToPixel(stepPosition(step, state().stepScale));
    return {qRound(x), rect->center().y()};
}

QPoint DashboardPlot::stripPixelOf(int phase) const { return m_stack->stripPixelOf(phase); }

QPoint DashboardPlot::legendPixelOf(int panel, int series) const {
    return m_stack->legendPixelOf(static_cast<std::size_t>(panel), series);
}

QString DashboardPlot::noteAt(QPointF position) const { return m_stack->noteAt(position); }

bool DashboardPlot::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto& help = *static_cast<QHelpEvent*>(event);
        showNote(help.globalPos(), noteAt(help.pos()));
        return true;
    }
    return PlotWidget::eventFilter(watched, event);
}

QSize DashboardPlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 24, em * 5 * std::max(2, static_cast<int>(m_panels.size()))};
}

QSize DashboardPlot::sizeHint() const { return minimumSizeHint() * 2; }

void DashboardPlot::rebuild() {
    forgetDrag();
    std::vector<PanelData> panels;
    bool isEmpty = true;
    if (data() != nullptr) {
        const PanelChoice choice{state().grid, currentLayer(), state().stepScale};
        for (PanelSpec spec : m_panels) {
            if (spec.followsMetric) spec = misalignmentPanel(state().metric);
            if (m_isLinear) spec.scale = ValueScale::Linear;
            panels.push_back(makePanelData(*data(), spec, choice));
            isEmpty = isEmpty && panels.back().isEmpty();
            addCompanions(panels.back(), data()->trajectory(), m_companions, choice);
            addReferences(panels.back(), m_references, choice.stepScale);
        }
    }
    StackOptions options;
    options.legends = m_showsLegends;
    options.bands = m_showsBands;
    if (data() != nullptr) {
        // Checkpoints to come have their place already, so that the picture does not jump.
        for (const double step : data()->steps())
            options.moreSteps.push_back(stepPosition(step, state().stepScale));
    }
    m_stack->build(std::move(panels), plotStyle(), state().stepScale, options);
    m_stack->setHidden(m_hidden);
    m_stack->setPhases(phases(), state().phase);
    applyRange();
    updateMarks();
    describe(description(), isEmpty);
    replotLater();
}

void DashboardPlot::applyRange() {
    const auto range = state().ranges.find(stepGroup(state().stepScale));
    m_stack->setSteps(range != state().ranges.end() ? range->second : m_stack->fitted());
}

void DashboardPlot::updateMarks() {
    m_marks->table = data();
    m_marks->selectedRow = currentRow();
    m_marks->probedRows.clear();
    if (data() == nullptr) return;
    for (std::size_t i = 0; i < data()->rowCount(); ++i) {
        if (isProbed(data()->row(i))) m_marks->probedRows.push_back(static_cast<int>(i));
    }
}

void DashboardPlot::stateShown(NavigationFields changed) {
    using enum NavigationField;
    const NavigationFields drawsAnew =
        NavigationFields(Run) | Grid | Layer | NavigationField::StepScale;
    const bool follows = changed.testFlag(Metric) &&
                         std::any_of(m_panels.begin(), m_panels.end(),
                                     [](const PanelSpec& panel) { return panel.followsMetric; });
    if (follows || (changed & drawsAnew)) {
        rebuild();
        return;
    }
    if (changed & Phase) m_stack->setPhases(phases(), state().phase);
    if (changed & Ranges) applyRange();
    if (changed & Checkpoint) {
        m_marks->selectedRow = currentRow();
        setAccessibleDescription(description());
    }
    if (changed & (NavigationFields(Phase) | Ranges))
        replotLater();
    else if (changed & Checkpoint)
        replotOverlay();
}

void DashboardPlot::phasesShown() {
    forgetDrag();
    m_stack->setPhases(phases(), state().phase);
    replotLater();
}

QString DashboardPlot::emptyText() const {
    if (data() == nullptr && !m_emptyText.isEmpty()) return m_emptyText;
    if (data() == nullptr)
        return tr(
            "Open a folder of checkpoints or a trajectory to see how quantization and "
            "training go together.");
    if (data()->rowCount() == 0) return tr("This trajectory holds no checkpoints.");
    return tr(
        "None of the %n checkpoint(s) is probed yet. Points appear here as they are measured.",
        nullptr, static_cast<int>(data()->rowCount()));
}

std::optional<AxisRange> DashboardPlot::stepRange() const {
    if (m_stack->count() == 0) return std::nullopt;
    return m_stack->steps();
}

bool DashboardPlot::localKey(int key) {
    if (key == Qt::Key_Escape && m_drag) {
        forgetDrag();
        replotOverlay();
        return true;
    }
    if (key == Qt::Key_L)
        m_showsLegends = !m_showsLegends;
    else if (key == Qt::Key_B)
        m_showsBands = !m_showsBands;
    else if (key == Qt::Key_Y)
        m_isLinear = !m_isLinear;
    else
        return false;
    fitValues();
    rebuild();
    return true;
}

int DashboardPlot::rowNear(QPointF position) const {
    const int panel = m_stack->panelAt(position);
    if (panel < 0) return -1;
    const QCPAxis* axis = m_stack->rect(static_cast<std::size_t>(panel))->axis(QCPAxis::atBottom);
    int best = -1;
    double bestDistance = 0;
    for (const int row : m_marks->probedRows) {
        const double step = data()->steps()[static_cast<std::size_t>(row)];
        if (std::isnan(step)) continue;
        const double pixel = axis->coordToPixel(stepPosition(step, state().stepScale));
        const double distance = std::fabs(pixel - position.x());
        if (best < 0 || distance < bestDistance) {
            best = row;
            bestDistance = distance;
        }
    }
    return best;
}

void DashboardPlot::click(QPointF position, Qt::KeyboardModifiers modifiers) {
    forgetDrag();  // pressed on a line, but not moved
    const QString key = m_stack->legendKeyAt(position);
    if (!key.isEmpty()) {
        if (m_hidden.erase(key) == 0) m_hidden.insert(key);
        m_stack->setHidden(m_hidden);
        replotLater();
        return;
    }
    if (isOnBadge(*m_stack, position, plotStyle())) {
        fitValues();
        emit fitRequested(stepGroup(state().stepScale));
        return;
    }
    if (const auto phase = m_stack->stripPhaseAt(position)) {
        emit phaseActivated(*phase);
        return;
    }
    const int row = rowNear(position);
    if (row < 0) return;
    if (modifiers.testFlag(Qt::ShiftModifier))
        emit overlayToggled(row);
    else
        emit checkpointActivated(row);
}

void DashboardPlot::doubleClick(QPointF position) {
    forgetDrag();
    if (const auto phase = m_stack->stripPhaseAt(position)) {
        emit phaseZoomRequested(*phase);
        return;
    }
    if (m_stack->panelAt(position) < 0) return;
    fitValues();
    emit fitRequested(stepGroup(state().stepScale));
}

bool DashboardPlot::grip(QPointF position) {
    const auto boundary = m_stack->boundaryAt(position);
    if (!boundary || data() == nullptr || !m_stack->legendKeyAt(position).isEmpty()) return false;
    std::vector<double> steps;
    for (const int row : m_marks->probedRows)
        steps.push_back(data()->steps()[static_cast<std::size_t>(row)]);
    m_drag =
        std::make_unique<BoundaryDrag>(phases(), *boundary, std::move(steps), state().stepScale);
    return true;
}

void DashboardPlot::dragBoundary(QPointF position) {
    if (!m_drag || m_stack->count() == 0) return;
    m_drag->moveTo(m_stack->rect(0)->axis(QCPAxis::atBottom)->pixelToCoord(position.x()));
    const QLocale locale;
    m_marks->dragged = DraggedBoundary{
        m_drag->step(), tr("%1: step %2\ncheckpoint %3, with Shift %4")
                            .arg(phases().boundaries[m_drag->boundary()].kind,
                                 locale.toString(m_drag->step(), 'f', 0),
                                 locale.toString(m_drag->target(Snap::Checkpoint), 'f', 0),
                                 locale.toString(m_drag->target(Snap::Free), 'f', 0))};
    replotOverlay();
}

void DashboardPlot::dropBoundary(QPointF position, Qt::KeyboardModifiers modifiers) {
    if (!m_drag) return;
    dragBoundary(position);
    const auto boundary = m_drag->boundary();
    const double target =
        m_drag->target(modifiers.testFlag(Qt::ShiftModifier) ? Snap::Free : Snap::Checkpoint);
    forgetDrag();
    replotOverlay();
    if (target != phases().boundaries[boundary].step)
        emit boundaryMoved(static_cast<int>(boundary), target);
}

void DashboardPlot::forgetDrag() {
    m_interaction->cancelGrip();
    m_drag.reset();
    m_marks->dragged.reset();
}

void DashboardPlot::hover(QPointF position) {
    if (!m_drag) {
        if (m_stack->boundaryAt(position))
            plot().setCursor(Qt::SplitHCursor);
        else
            plot().unsetCursor();
    }
    const int row = rowNear(position);
    if (row >= 0) emit cursorMoved(data()->steps()[static_cast<std::size_t>(row)]);
}

QString DashboardPlot::description() const {
    QStringList sentences;
    const QLocale locale;
    for (std::size_t i = 0; i < m_stack->count(); ++i) {
        const PanelData& panel = m_stack->panel(i);
        for (const PanelSeries& series : panel.series) {
            const auto& values = series.points.values;
            if (values.empty()) continue;
            const auto [least, most] = std::minmax_element(values.begin(), values.end());
            sentences << tr("%1, %2, over training step, %n point(s), %3 to %4.", nullptr,
                            static_cast<int>(values.size()))
                             .arg(panel.axisLabel, series.name, locale.toString(*least, 'g', 5),
                                  locale.toString(*most, 'g', 5));
        }
    }
    if (m_marks->selectedRow >= 0 && data() != nullptr) {
        const double step = data()->steps()[static_cast<std::size_t>(m_marks->selectedRow)];
        sentences << tr("Selected checkpoint: step %1.").arg(locale.toString(step, 'f', 0));
    }
    return sentences.join(u' ');
}

}  // namespace gridscope::views
