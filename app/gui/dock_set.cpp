// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/dock_set.h"

#include <QDockWidget>
#include <QFileDialog>
#include <QMainWindow>

#include "app/control/workbench_controller.h"
#include "app/gui/audit_wiring.h"
#include "views/panels/audit_panel.h"
#include "views/panels/checkpoints_panel.h"
#include "views/panels/inspector_panel.h"
#include "views/panels/jobs_panel.h"
#include "views/panels/layers_panel.h"
#include "views/panels/log_panel.h"
#include "views/panels/phases_panel.h"
#include "views/panels/runs_panel.h"
#include "views/panels/storage_banner.h"

namespace gridscope::app {

DockSet::DockSet(QMainWindow& window, WorkbenchController& controller)
    : QObject(&window),
      m_controller(controller),
      m_runs(new views::RunsPanel(&controller.models().runs)),
      m_checkpoints(new views::CheckpointsPanel(&controller.models().checkpoints)),
      m_phases(new views::PhasesPanel(&controller.models().phases)),
      m_layers(new views::LayersPanel(&controller.models().layers)),
      m_inspector(new views::InspectorPanel),
      m_jobs(new views::JobsPanel(&controller.models().jobs, &controller.models().failures)),
      m_audit(new views::AuditPanel(&controller.models().audit)),
      m_log(new views::LogPanel) {
    add(window, QStringLiteral("dockRuns"), tr("Runs"), m_runs, Qt::LeftDockWidgetArea);
    add(window, QStringLiteral("dockCheckpoints"), tr("Checkpoints"), m_checkpoints,
        Qt::LeftDockWidgetArea);
    add(window, QStringLiteral("dockPhases"), tr("Phases"), m_phases, Qt::LeftDockWidgetArea);
    add(window, QStringLiteral("dockLayers"), tr("Layers"), m_layers, Qt::RightDockWidgetArea);
    add(window, QStringLiteral("dockInspector"), tr("Inspector"), m_inspector,
        Qt::RightDockWidgetArea);
    m_jobsDock =
        add(window, QStringLiteral("dockJobs"), tr("Jobs"), m_jobs, Qt::BottomDockWidgetArea);
    m_auditDock =
        add(window, QStringLiteral("dockAudit"), tr("Audit"), m_audit, Qt::BottomDockWidgetArea);
    QDockWidget* log =
        add(window, QStringLiteral("dockLog"), tr("Log"), m_log, Qt::BottomDockWidgetArea);
    window.tabifyDockWidget(m_jobsDock, m_auditDock);
    window.tabifyDockWidget(m_auditDock, log);
    new AuditWiring(*m_audit, *m_checkpoints, controller);
    m_jobsDock->raise();
    connectIntents();
    showState();
}

QDockWidget* DockSet::add(QMainWindow& window, const QString& name, const QString& title,
                          QWidget* panel, Qt::DockWidgetArea area) {
    auto* dock = new QDockWidget(title, &window);
    dock->setObjectName(name);
    dock->setAccessibleName(title);
    dock->setWidget(panel);
    window.addDockWidget(area, dock);
    m_docks.push_back(dock);
    return dock;
}

void DockSet::connectIntents() {
    NavigationControl& navigation = m_controller.navigation();
    connect(m_runs, &views::RunsPanel::runActivated, &navigation, &NavigationControl::activateRun);
    connect(m_runs, &views::RunsPanel::closeRequested, &m_controller,
            &WorkbenchController::closeRun);
    connect(m_checkpoints, &views::CheckpointsPanel::checkpointActivated, &navigation,
            &NavigationControl::activateCheckpoint);
    connect(m_checkpoints, &views::CheckpointsPanel::overlayToggled, &navigation,
            &NavigationControl::toggleOverlay);
    connect(m_phases, &views::PhasesPanel::phaseActivated, &navigation,
            &NavigationControl::activatePhase);
    connect(m_phases, &views::PhasesPanel::phaseZoomRequested, &navigation,
            &NavigationControl::zoomToPhase);
    connect(m_phases, &views::PhasesPanel::detectorChosen, this, [this](const QString& id) {
        if (const RunSession* run = m_controller.session())
            m_controller.sessions().setDetector(run->id, id);
    });
    connect(m_layers, &views::LayersPanel::layerActivated, &navigation,
            &NavigationControl::activateLayer);
    JobRunner& jobs = m_controller.jobs();
    connect(m_jobs, &views::JobsPanel::pauseRequested, &jobs, &JobRunner::pause);
    connect(m_jobs, &views::JobsPanel::resumeRequested, &jobs, &JobRunner::resume);
    connect(m_jobs, &views::JobsPanel::cancelRequested, &jobs, &JobRunner::cancel);
    connect(m_jobs, &views::JobsPanel::retryRequested, &m_controller,
            &WorkbenchController::resumeProbe);
    connectStorageBanner();
    connect(&m_controller, &WorkbenchController::message, m_log, &views::LogPanel::append);
    connect(&m_controller, &WorkbenchController::dataChanged, this, &DockSet::showState);
    connect(&m_controller.history(), &views::NavigationHistory::stateChanged, this,
            &DockSet::showState);
    connect(&m_controller.cursor(), &views::CursorModel::cursorChanged, this,
            &DockSet::showInspector);
}

void DockSet::connectStorageBanner() {
    views::StorageBanner* banner = m_jobs->storageBanner();
    ProbeControl& probe = m_controller.probe();
    connect(&probe, &ProbeControl::storageProblemChanged, this, [this, banner, &probe] {
        banner->showProblem(probe.storageProblem());
        if (!probe.storageProblem().isEmpty()) showJobs();
    });
    connect(banner, &views::StorageBanner::retryRequested, &probe, &ProbeControl::retryStorage);
    connect(banner, &views::StorageBanner::stopRequested, &probe, &ProbeControl::cancel);
    connect(banner, &views::StorageBanner::elsewhereRequested, this, &DockSet::askForOtherFile);
}

void DockSet::askForOtherFile() {
    const QString file = QFileDialog::getSaveFileName(m_jobs, tr("Save the Trajectory Elsewhere"),
                                                      {}, tr("Trajectories (*.h5)"));
    if (!file.isEmpty()) m_controller.probe().saveElsewhere(file);
}

void DockSet::showState() {
    const views::NavigationState& state = m_controller.history().state();
    const RunSession* run = m_controller.session();
    m_runs->showRun(state.run);
    m_checkpoints->showRecord(m_controller.navigation().currentRow());
    m_phases->showPhases(run == nullptr ? views::PhaseBands() : run->bands,
                         state.phase.value_or(-1));
    m_layers->showLayer(state.layer);
    showInspector();
}

void DockSet::showInspector() {
    const RunSession* run = m_controller.session();
    views::InspectorPanel::Subject subject;
    if (run != nullptr && run->table) {
        subject.table = run->table;
        subject.row = m_controller.navigation().currentRow();
        subject.layer = m_controller.history().state().layer;
        subject.grid = m_controller.history().state().grid;
        if (const auto step = m_controller.cursor().step())
            subject.cursorRow = run->table->nearestRow(*step);
        if (const auto pinned = m_controller.cursor().pinnedStep())
            subject.pinnedRow = run->table->nearestRow(*pinned);
    }
    m_inspector->show(subject);
}

void DockSet::shareOut(QMainWindow& window) {
    const int letter = window.fontMetrics().averageCharWidth();
    const int line = window.fontMetrics().lineSpacing();
    window.resizeDocks({m_docks[1], m_docks[3]}, {letter * 50, letter * 46}, Qt::Horizontal);
    window.resizeDocks({m_docks[0], m_docks[1], m_docks[2]}, {line * 6, line * 18, line * 20},
                       Qt::Vertical);
    window.resizeDocks({m_docks[3], m_docks[4]}, {line * 16, line * 20}, Qt::Vertical);
    window.resizeDocks({m_jobsDock}, {line * 7}, Qt::Vertical);
}

void DockSet::showJobs() {
    m_jobsDock->show();
    m_jobsDock->raise();
}

void DockSet::focusInspector() {
    for (QDockWidget* dock : m_docks) {
        if (dock->widget() != m_inspector) continue;
        dock->show();
        dock->raise();
    }
    m_inspector->setFocus(Qt::ShortcutFocusReason);
}

void DockSet::showAudit() {
    m_auditDock->show();
    m_auditDock->raise();
}

}  // namespace gridscope::app
