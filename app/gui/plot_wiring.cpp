// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/plot_wiring.h"

#include <QApplication>
#include <QSplitter>

#include <map>

#include "app/control/workbench_controller.h"
#include "views/dialogs/plot_table_dialog.h"
#include "views/pages/page.h"
#include "views/plot/dashboard_plot.h"
#include "views/plot/heat_map_plot.h"
#include "views/plot/histogram_plot.h"
#include "views/plot/occupancy_plot.h"

namespace gridscope::app {

using views::PlotWidget;

PlotWiring::PlotWiring(views::Page& dashboard, views::Page& layers, WorkbenchController& controller)
    : QObject(&dashboard),
      m_controller(controller),
      m_dashboard(new views::DashboardPlot),
      m_heatMap(new views::HeatMapPlot),
      m_histogram(new views::HistogramPlot),
      m_occupancy(new views::OccupancyPlot),
      m_plots{m_dashboard, m_heatMap, m_histogram, m_occupancy} {
    dashboard.addContent(m_dashboard, 1);
    auto* below = new QSplitter(Qt::Horizontal);
    below->setObjectName(QStringLiteral("layersLower"));
    below->addWidget(m_histogram);
    below->addWidget(m_occupancy);
    auto* split = new QSplitter(Qt::Vertical);
    split->setObjectName(QStringLiteral("layersSplitter"));
    split->addWidget(m_heatMap);
    split->addWidget(below);
    layers.addContent(split, 1);
    for (PlotWidget* plot : m_plots) connectIntents(plot);
    connect(&controller.references(), &ReferenceControl::changed, this,
            [this] { m_dashboard->setReferences(m_controller.references().shown()); });
    connect(m_dashboard, &views::DashboardPlot::boundaryMoved, this,
            [this](int boundary, double step) {
                if (const RunSession* run = m_controller.session())
                    m_controller.moveBoundary(run->detector, boundary, step);
            });
    connect(&controller, &WorkbenchController::dataChanged, this, &PlotWiring::showData);
    connect(&controller.history(), &views::NavigationHistory::stateChanged, this,
            &PlotWiring::showState);
    connect(&controller.cursor(), &views::CursorModel::cursorChanged, this,
            [this](std::optional<double> step, std::optional<double> pinned) {
                m_dashboard->setCursor(step, pinned);
                m_heatMap->setCursor(step, pinned);
            });
    showData();
}

void PlotWiring::setTheme(views::Theme theme) {
    for (PlotWidget* plot : m_plots) plot->setTheme(theme);
    showCompanions();  // the colours in the list of runs
}

void PlotWiring::connectIntents(PlotWidget* plot) {
    NavigationControl& to = m_controller.navigation();
    connect(plot, &PlotWidget::checkpointActivated, &to, &NavigationControl::activateCheckpoint);
    connect(plot, &PlotWidget::overlayToggled, &to, &NavigationControl::toggleOverlay);
    connect(plot, &PlotWidget::phaseActivated, &to, &NavigationControl::activatePhase);
    connect(plot, &PlotWidget::phaseZoomRequested, &to, &NavigationControl::zoomToPhase);
    connect(plot, &PlotWidget::layerActivated, &to, &NavigationControl::activateLayer);
    connect(plot, &PlotWidget::rangeRequested, &to, &NavigationControl::setRange);
    connect(plot, &PlotWidget::fitRequested, &to, &NavigationControl::fitAll);
    connect(&to, &NavigationControl::valuesFitRequested, plot, &PlotWidget::fitValues);
    connect(plot, &PlotWidget::gridStepRequested, &to, &NavigationControl::stepGrid);
    connect(plot, &PlotWidget::metricStepRequested, &to, &NavigationControl::stepMetric);
    connect(plot, &PlotWidget::checkpointStepRequested, &to, &NavigationControl::stepCheckpoint);
    connect(plot, &PlotWidget::layerStepRequested, &to, &NavigationControl::stepLayer);
    connect(plot, &PlotWidget::phaseStepRequested, &to, &NavigationControl::stepPhase);
    connect(plot, &PlotWidget::stepScaleToggled, &to, &NavigationControl::toggleStepScale);
    connect(plot, &PlotWidget::cursorMoved, &m_controller.cursor(), &views::CursorModel::moveTo);
    connect(plot, &PlotWidget::pinToggled, this, &PlotWiring::togglePin);
    connect(plot, &PlotWidget::releaseRequested, this, &PlotWiring::release);
    connect(plot, &PlotWidget::inspectorRequested, this, &PlotWiring::inspectorRequested);
    connect(plot, &PlotWidget::asTableRequested, this, [this, plot] { showTableOf(*plot); });
}

void PlotWiring::togglePin() {
    views::CursorModel& cursor = m_controller.cursor();
    const int row = m_controller.navigation().currentRow();
    // Without a mouse over a plot, the checkpoint that is looked at is what can be pinned.
    if (!cursor.step() && row >= 0)
        cursor.moveTo(m_controller.session()->table->steps()[static_cast<std::size_t>(row)]);
    cursor.togglePin();
}

void PlotWiring::release() {
    if (m_controller.cursor().pinnedStep())
        m_controller.cursor().clearPin();
    else
        m_controller.navigation().clearSelection();
}

void PlotWiring::showTable() {
    const PlotWidget* shown = nullptr;
    for (const PlotWidget* plot : m_plots) {
        const bool hasFocus = plot->isAncestorOf(QApplication::focusWidget());
        if (plot->isVisible() && (shown == nullptr || hasFocus)) shown = plot;
    }
    if (shown != nullptr) showTableOf(*shown);
}

void PlotWiring::showTableOf(const PlotWidget& plot) {
    std::vector<views::PlotColumn> columns = plot.columns();
    const int row = plot.currentRow();
    std::optional<double> step;
    if (row >= 0 && !columns.empty() && columns.front().header == "step")
        step = m_controller.session()->table->steps()[static_cast<std::size_t>(row)];
    views::PlotTableDialog dialog(plot.accessibleName(), std::move(columns), step,
                                  m_dashboard->window());
    dialog.exec();
}

void PlotWiring::showCompanions() {
    const CompanionRuns companions = m_controller.companions();
    const views::PlotStyle& style = m_dashboard->plotStyle();
    std::map<views::RunId, QColor> colors;
    const RunSession* run = m_controller.session();
    if (run != nullptr && !companions.ids.empty()) colors[run->id] = style.seriesColor(0);
    for (std::size_t i = 0; i < companions.ids.size(); ++i)
        colors[companions.ids[i]] = style.seriesColor(
            views::companionColor(run->table->trajectory(), companions.runs[i].ordinal));
    m_controller.models().runs.setColors(colors);
    m_dashboard->setCompanions(companions.runs);
}

void PlotWiring::showData() {
    const RunSession* run = m_controller.session();
    showCompanions();
    for (PlotWidget* plot : m_plots) {
        plot->showContent(m_controller.history().state(), run == nullptr ? nullptr : run->table);
        plot->setPhases(run == nullptr ? views::PhaseBands() : run->bands);
    }
    m_histogram->setOverlay(run == nullptr ? std::vector<int>() : run->overlay);
    m_occupancy->setOverlay(run == nullptr ? std::vector<int>() : run->overlay);
}

void PlotWiring::showState(const views::NavigationState& state, views::NavigationFields changed) {
    for (PlotWidget* plot : m_plots) plot->showState(state, changed);
}

}  // namespace gridscope::app
