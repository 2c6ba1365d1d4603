// SPDX-License-Identifier: GPL-3.0-or-later

// Where the parts of the workbench meet: opens and closes runs, and owns what the views show.
#pragma once

#include <QObject>
#include <QUndoStack>

#include <limits>
#include <vector>

#include "app/control/audit_control.h"
#include "app/control/companion_runs.h"
#include "app/control/engine.h"
#include "app/control/fork_control.h"
#include "app/control/model_feed.h"
#include "app/control/navigation_control.h"
#include "app/control/override_control.h"
#include "app/control/phase_control.h"
#include "app/control/probe_control.h"
#include "app/control/reference_control.h"
#include "app/control/session_list.h"
#include "app/control/watch_control.h"
#include "app/jobs/job_runner.h"
#include "views/navigation/cursor_model.h"
#include "views/navigation/navigation_history.h"

namespace gridscope::app {

/// What a page says when it has no data to show.
struct ViewState {
    enum class Kind { Empty, Loading, Failed, Data };
    Kind kind = Kind::Empty;
    QString sentence, hint, details;
    QString badge;  ///< "37 of 154 probed" for partial data
};

class WorkbenchController : public QObject {
    Q_OBJECT
public:
    WorkbenchController(JobRunner& jobs, Engine& engine, QObject* parent = nullptr);

    /// Opens a checkpoint folder, a fork experiment or a .h5 file, whichever `path` is.
    void open(const QString& path);
    void closeRun(views::RunId run);
    void rescan();
    /// Asks what the page waits for to stop: scans and openings, else the probe of this run.
    void cancelLoading();

    /// Why no probe can start now; empty if one can.
    QString probeObstacle() const;
    views::ProbeQuestion probeQuestion() const;
    /// What the user chose last, or what fits the folder (tokens and output beside it).
    views::ProbeChoice suggestedChoice() const;
    void startProbe(const views::ProbeChoice& choice);
    void resumeProbe();
    /// Puts a boundary of the active run at `step`; says why where it cannot.
    void moveBoundary(const QString& detector, int index, double step);
    ViewState viewState() const;

    /// Why no audit can start now; empty if one can.
    QString auditObstacle() const;
    void startAudit();
    void saveAudit(const QString& file);
    /// Unticks checkpoints, by index into the catalogue of the active run.
    void excludeFromProbe(const std::vector<std::size_t>& entries);

    JobRunner& jobs() { return m_jobs; }
    SessionList& sessions() { return m_sessions; }
    views::NavigationHistory& history() { return m_history; }
    views::CursorModel& cursor() { return m_cursor; }
    NavigationControl& navigation() { return m_navigation; }
    ModelFeed& models() { return m_models; }
    ProbeControl& probe() { return m_probe; }
    AuditControl& audit() { return m_audit; }
    OverrideControl& overrides() { return m_overrides; }
    ReferenceControl& references() { return m_references; }
    WatchControl& watch() { return m_watch; }
    ForkControl& fork() { return m_fork; }
    /// Why no watch can start now; empty if one can.
    QString watchObstacle() const;
    /// Why no fork experiment can start now; empty if one can.
    QString forkObstacle() const;
    /// The ticked runs beside the active one.
    CompanionRuns companions() const;
    QUndoStack& undoStack() { return m_undo; }
    const RunSession* session() const { return m_navigation.session(); }

signals:
    void viewStateChanged();
    /// The table, bands or overlay of the active run is another one now.
    void dataChanged();
    void message(gridscope::views::LogLevel level, const QString& text);
    /// A fork experiment was opened: its page has what there is to see.
    void experimentOpened();
    /// For the list of recent items.
    void opened(const QString& path);

private:
    void openFolder(const QString& path);
    void openTrajectory(const QString& path, views::RunId into);
    void scanned(const QString& path, Expected<CheckpointCatalog> catalog);
    void openFailed(const QString& path, const Error& error);
    void takeTrajectory(views::RunId run, const std::shared_ptr<const Trajectory>& trajectory,
                        const QString& file);
    void loadingEnded();
    void measureSpeed();
    void report(const Expected<void>& outcome);
    void announceData();
    void showProgress(const views::JobStatus& status);
    ViewState emptyState() const;
    void describeFailures(ViewState& state) const;

    JobRunner& m_jobs;
    Engine& m_engine;
    SessionList m_sessions;
    views::NavigationHistory m_history;
    views::CursorModel m_cursor;
    NavigationControl m_navigation;
    ModelFeed m_models;
    PhaseControl m_phases;
    QUndoStack m_undo;
    OverrideControl m_overrides;
    ReferenceControl m_references;
    WatchControl m_watch;
    ForkControl m_fork;
    ProbeControl m_probe;
    AuditControl m_audit;
    int m_loading = 0;
    std::vector<views::JobId> m_loadJobs;  ///< scans and openings, until none is under way
    /// FLOP/s of matrix products on all cores, for cost estimates; NaN until measured.
    double m_multiplyRate = std::numeric_limits<double>::quiet_NaN();
    ViewState m_failure;  ///< of the last open, until the next one works or another run is shown
};

}  // namespace gridscope::app
