// SPDX-License-Identifier: GPL-3.0-or-later

// The one audit that may run, on the io lane beside a probe: start, cancel, report.
#pragma once

#include <QObject>

#include <filesystem>
#include <memory>
#include <optional>

#include "app/control/engine.h"
#include "app/control/session_list.h"
#include "app/jobs/job_runner.h"
#include "views/panels/log_panel.h"

namespace gridscope::app {

class AuditControl : public QObject {
    Q_OBJECT
public:
    AuditControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QObject* parent = nullptr);

    bool isRunning() const { return m_job.has_value(); }
    views::RunId run() const { return m_run; }  ///< of the running or last audit
    AuditLevel level() const { return m_level; }
    void setLevel(AuditLevel level);
    /// Why the last audit of this run has no report; a cancelled one has not failed.
    std::optional<Error> failure(views::RunId run) const;

    /// Errors: run.busy, scan.unsupported (the run has no weights).
    Expected<void> start(views::RunId run);
    void cancel();
    void save(std::shared_ptr<const AuditReport> report, const std::filesystem::path& file);

signals:
    /// Started, ended, or another level.
    void changed();
    void message(gridscope::views::LogLevel level, const QString& text);

private:
    void finished(const std::shared_ptr<const CheckpointCatalog>& catalog,
                  Expected<AuditReport> report);

    JobRunner& m_jobs;
    Engine& m_engine;
    SessionList& m_sessions;
    std::optional<JobId> m_job;
    views::RunId m_run;
    AuditLevel m_level = AuditLevel::Deep;
    std::optional<Error> m_failure;
};

}  // namespace gridscope::app
