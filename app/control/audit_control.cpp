// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/audit_control.h"

#include <QFile>

namespace gridscope::app {

using views::LogLevel;

AuditControl::AuditControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QObject* parent)
    : QObject(parent), m_jobs(jobs), m_engine(engine), m_sessions(sessions) {}

void AuditControl::setLevel(AuditLevel level) {
    if (level == m_level) return;
    m_level = level;
    emit changed();
}

std::optional<Error> AuditControl::failure(views::RunId run) const {
    return run == m_run ? m_failure : std::nullopt;
}

Expected<void> AuditControl::start(views::RunId run) {
    if (isRunning())
        return Error{
            ErrorCode::RunBusy, {}, "an audit is running already", "Wait for it, or cancel it."};
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr || session->catalog == nullptr)
        return Error{ErrorCode::ScanUnsupported,
                     {},
                     "this run has no checkpoints on disk",
                     "Open the folder of its checkpoints."};
    m_run = run;
    m_failure.reset();
    m_job = m_jobs.submit<AuditReport>(
        JobLane::Io, tr("Audit %1").arg(session->name),
        [engine = &m_engine, catalog = session->catalog, level = m_level](ProgressSink& progress,
                                                                          std::stop_token stop) {
            return engine->audit(*catalog, level, progress, std::move(stop));
        },
        this,
        [this, catalog = session->catalog](Expected<AuditReport> report) {
            finished(catalog, std::move(report));
        });
    emit changed();
    return {};
}

void AuditControl::cancel() {
    if (m_job) m_jobs.cancel(*m_job);
}

void AuditControl::finished(const std::shared_ptr<const CheckpointCatalog>& catalog,
                            Expected<AuditReport> report) {
    m_job.reset();
    const RunSession* session = m_sessions.find(m_run);
    if (!report) {
        const bool cancelled = report.error().code == ErrorCode::RunCancelled;
        if (!cancelled) m_failure = report.error();
        emit message(
            cancelled ? LogLevel::Information : LogLevel::Error,
            cancelled ? tr("Audit cancelled.") : QString::fromStdString(report.error().toText()));
    } else if (session == nullptr || session->catalog != catalog) {
        emit message(LogLevel::Warning,
                     tr("The folder was scanned again meanwhile; run the audit once more."));
    } else {
        auto shared = std::make_shared<const AuditReport>(std::move(report).value());
        emit message(shared->hasProblems() ? LogLevel::Warning : LogLevel::Information,
                     tr("Audit of %1 finished. Findings: %2.")
                         .arg(session->name)
                         .arg(shared->findings.size()));
        m_sessions.setAudit(m_run, std::move(shared));
    }
    emit changed();
}

void AuditControl::save(std::shared_ptr<const AuditReport> report,
                        const std::filesystem::path& file) {
    const QString name = QFile::decodeName(QByteArray::fromStdString(file.string()));
    m_jobs.submit<void>(
        JobLane::Io, tr("Save the report of the audit"),
        [engine = &m_engine, report = std::move(report), file](ProgressSink&, std::stop_token) {
            return engine->saveAudit(*report, file);
        },
        this,
        [this, name](Expected<void> saved) {
            if (saved) {
                emit message(LogLevel::Information, tr("Written: %1").arg(name));
            } else {
                emit message(LogLevel::Error, QString::fromStdString(saved.error().toText()));
            }
        });
}

}  // namespace gridscope::app
