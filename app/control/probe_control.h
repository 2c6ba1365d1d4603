// SPDX-License-Identifier: GPL-3.0-or-later

// The one probe that may run: start, pause, cancel, resume; its rows and its failures.
#pragma once

#include <QObject>

#include <memory>
#include <optional>

#include "app/control/engine.h"
#include "app/control/session_list.h"
#include "app/control/storage_question.h"
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

    /// Why the running probe waits, in one sentence; empty while it can write its rows.
    const QString& storageProblem() const { return m_storageProblem; }
    /// Tries again to write them.
    void retryStorage();
    /// Writes all rows to `file` and goes on there.
    void saveElsewhere(const QString& file);

signals:
    void runningChanged();
    void storageProblemChanged();
    /// A job that cannot go on, in one sentence; single checkpoints fail in their rows.
    void message(gridscope::views::LogLevel level, const QString& text);

private:
    void answer(StorageAnswer answer);
    void showStorageProblem(const QString& problem);
    void takeRows(views::RunId run, const std::shared_ptr<const Trajectory>& rows);
    void finished(views::RunId run, Expected<ProbeReport> report);

    JobRunner& m_jobs;
    Engine& m_engine;
    SessionList& m_sessions;
    std::optional<JobId> m_job;
    views::RunId m_run;
    std::filesystem::path m_file;  ///< that the rows go to
    QString m_otherFile;           ///< that they are to go to; empty = no other
    std::shared_ptr<StorageQuestion> m_question;
    QString m_storageProblem;
};

}  // namespace gridscope::app
