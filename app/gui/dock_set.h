// SPDX-License-Identifier: GPL-3.0-or-later

// The docks of the window: makes the panels and connects them to the controller.
#pragma once

#include <QObject>

#include <memory>
#include <vector>

class QDockWidget;
class QMainWindow;

namespace gridscope::views {
class AuditPanel;
class CheckpointsPanel;
class InspectorPanel;
class JobsPanel;
class LayersPanel;
class LogPanel;
class PhasesPanel;
class RunsPanel;
}  // namespace gridscope::views

namespace gridscope::app {

class WorkbenchController;

class DockSet : public QObject {
    Q_OBJECT
public:
    DockSet(QMainWindow& window, WorkbenchController& controller);

    const std::vector<QDockWidget*>& docks() const { return m_docks; }
    views::CheckpointsPanel* checkpoints() const { return m_checkpoints; }
    views::PhasesPanel* phases() const { return m_phases; }
    views::LogPanel* log() const { return m_log; }
    /// Sizes of the first start. Only after the window is shown do docks keep them.
    void shareOut(QMainWindow& window);
    /// Brings the jobs, or the audit, to the front.
    void showJobs();
    void showAudit();
    /// Gives the inspector the keys.
    void focusInspector();

private:
    QDockWidget* add(QMainWindow& window, const QString& name, const QString& title, QWidget* panel,
                     Qt::DockWidgetArea area);
    void connectIntents();
    void connectStorageBanner();
    void askForOtherFile();
    void showState();
    void showInspector();

    WorkbenchController& m_controller;
    std::vector<QDockWidget*> m_docks;
    views::RunsPanel* m_runs;
    views::CheckpointsPanel* m_checkpoints;
    views::PhasesPanel* m_phases;
    views::LayersPanel* m_layers;
    views::InspectorPanel* m_inspector;
    views::JobsPanel* m_jobs;
    views::AuditPanel* m_audit;
    views::LogPanel* m_log;
    QDockWidget* m_jobsDock = nullptr;
    QDockWidget* m_auditDock = nullptr;
};

}  // namespace gridscope::app
