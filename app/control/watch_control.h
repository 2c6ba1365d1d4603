// SPDX-License-Identifier: GPL-3.0-or-later

// The one folder that may be watched: start, stop, its rows, its verdict and its alerts.
#pragma once

#include <QObject>

#include <optional>
#include <set>

#include "app/control/engine.h"
#include "app/control/session_list.h"
#include "app/jobs/job_runner.h"
#include "views/panels/log_panel.h"

namespace gridscope::app {

class WatchControl : public QObject {
    Q_OBJECT
public:
    WatchControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QObject* parent = nullptr);

    bool isRunning() const { return m_job.has_value(); }
    std::optional<JobId> job() const { return m_job; }
    /// The run that shows what is measured; kept after the watch ends.
    views::RunId run() const { return m_run; }
    const views::WatchStatus& status() const { return m_status; }

    /// Quiet while one runs already.
    void start(const views::WatchChoice& choice);
    void stop();
    void dismissAlerts();

signals:
    void runningChanged();
    void statusChanged();
    void message(gridscope::views::LogLevel level, const QString& text);

private:
    void takeRows(const std::shared_ptr<const Trajectory>& trajectory,
                  const std::optional<WatchFindings>& findings);
    void takeFindings(const WatchFindings& findings);
    void alert(const QString& key, const QString& text);
    void say(const QString& text);
    void finished(const Expected<void>& outcome);

    JobRunner& m_jobs;
    Engine& m_engine;
    SessionList& m_sessions;
    std::optional<JobId> m_job;
    views::RunId m_run;
    std::filesystem::path m_file;
    views::WatchStatus m_status;
    std::set<QString> m_alerted;  ///< alerts of this watch, each raised once
};

}  // namespace gridscope::app
