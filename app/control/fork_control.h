// SPDX-License-Identifier: GPL-3.0-or-later

// The one fork experiment of the window: its design with undo, its cost, its runs, its results.
#pragma once

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

#include "app/control/engine.h"
#include "app/control/session_list.h"
#include "app/jobs/job_runner.h"
#include "views/panels/log_panel.h"

class QUndoStack;

namespace gridscope::app {

class ForkControl : public QObject {
    Q_OBJECT
public:
    ForkControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QUndoStack& undo,
                QObject* parent = nullptr);

    bool isRunning() const { return m_job.has_value(); }
    const views::ForkStatus& status() const { return m_status; }
    /// Null until something of the experiment is measured.
    std::shared_ptr<const ForkReport> report() const { return m_report; }
    const views::ForkChoice& choice() const { return m_choice; }

    /// The user is editing. Files and cost are looked at in the background unless there is a
    /// `problem` that is known without.
    void choose(const views::ForkChoice& choice, const QString& problem);
    /// Puts what was chosen since the last finished edit onto the undo stack.
    void finishEdit();
    /// Makes `next` the choice as one finished edit.
    void edit(const views::ForkChoice& next);
    /// For the commands on the undo stack.
    void adopt(const views::ForkChoice& choice);

    /// Quiet while one runs.
    void start();
    void cancel();
    /// Shows the experiment in `folder`; quiet while one runs.
    void open(const QString& folder);
    /// Grid that the results are of.
    void setGrid(const QString& grid);

signals:
    void runningChanged();
    void statusChanged();
    void reportChanged();
    /// The choice is another one than the user has edited.
    void choiceReplaced(const gridscope::views::ForkChoice& choice);
    void message(gridscope::views::LogLevel level, const QString& text);

private:
    void examine();
    void examined(int generation, const Expected<ForkPlan>& plan);
    void opened(const QString& folder, const Expected<OpenedFork>& found);
    /// Shows the runs and results of an opened experiment that undo or redo has brought back.
    void readAgain();
    void takeRun(const QString& name, const ForkRunStatus& status);
    void finished(const Expected<ForkOutcome>& outcome);
    void requestReport();
    void takeReport(const QString& folder, const Expected<ForkReport>& report);
    void forgetReport();
    views::ForkRunRow* rowOf(const QString& name);
    void say(views::LogLevel level, const QString& text);

    JobRunner& m_jobs;
    Engine& m_engine;
    SessionList& m_sessions;
    QUndoStack& m_undo;
    std::optional<JobId> m_job;
    views::ForkChoice m_choice;
    views::ForkChoice m_finished;  ///< as of the last finished edit
    views::ForkStatus m_status;
    QTimer m_rest;         ///< runs out when the user has stopped typing
    int m_generation = 0;  ///< of the choice: answers to older ones are dropped
    QString m_folder;      ///< of the experiment that runs or is reported
    QString m_grid;
    std::shared_ptr<const ForkReport> m_report;
    bool m_isReading = false;         ///< a report is being read
    bool m_isReportOutdated = false;  ///< by something that came meanwhile
};

}  // namespace gridscope::app
