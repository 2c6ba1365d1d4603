// SPDX-License-Identifier: GPL-3.0-or-later

// The one probe that may run: start, pause, cancel, resume; its rows and its failures.
#pragma once

#include <QObject>

#include <optional>

#include "app/control/engine.h"
#include "app/control/session_list.h"
#include "app/jobs/job_runner.h"
#include "views/panels/log_panel.h"

namespace gridscope::app {

class ProbeControl : public QObject {
    Q_OBJECT
public:
    ProbeControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QObject* parent = nullptr);

    bool isRunning() const { return m_job.has_value(); }
    bool isPaused() const;
    /// The run that is, or was last, probed.
    views::RunId run() const { return m_run; }
    bool isProbing(views::RunId run) const { return isRunning() && run == m_run; }
    std::optional<JobId> job() const { return m_job; }

    /// Errors: run.busy, scan.unsupported (the run has no weights).
    Expected<void> start(views::RunId run, std::vector<std::size_t> selection,
                         const views::ProbeChoice& choice);
    /// Starts again what was chosen last; measured rows are not measured again.
    Expected<void> resume(views::RunId run, std::vector<std::size_t> selection);
    void togglePause();
    void cancel();

signals:
    void runningChanged();
    /// A job that cannot go on, in one sentence; single checkpoints fail in their rows.
    void message(gridscope::views::LogLevel level, const QString& text);

private:
    void finished(views::RunId run, const std::filesystem::path& file,
                  Expected<ProbeReport> report);

    JobRunner& m_jobs;
    Engine& m_engine;
    SessionList& m_sessions;
    std::optional<JobId> m_job;
    views::RunId m_run;
};

}  // namespace gridscope::app
