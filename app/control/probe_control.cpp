// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/probe_control.h"

#include <QFile>

namespace gridscope::app {

using views::LogLevel;

ProbeControl::ProbeControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QObject* parent)
    : QObject(parent), m_jobs(jobs), m_engine(engine), m_sessions(sessions) {}

bool ProbeControl::isPaused() const {
    const auto status = m_job ? m_jobs.status(*m_job) : std::nullopt;
    return status && status->pauseRequested;
}

Expected<void> ProbeControl::start(views::RunId run, std::vector<std::size_t> selection,
                                   const views::ProbeChoice& choice) {
    if (isRunning())
        return Error{
            ErrorCode::RunBusy, {}, "a probe is running already", "Wait for it, or cancel it."};
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr || session->catalog == nullptr)
        return Error{ErrorCode::ScanUnsupported,
                     {},
                     "this run has no checkpoints on disk",
                     "Open the folder of its checkpoints."};
    m_sessions.setLastChoice(run, choice);
    m_sessions.setReported(run, {});
    m_run = run;
    const ProbeRequest request{session->catalog, std::move(selection), choice};
    const std::filesystem::path file(QFile::encodeName(choice.output).toStdString());
    const GuiPoster post = m_jobs.poster(this);
    m_job = m_jobs.submit<ProbeReport>(
        JobLane::Compute, tr("Probe %1").arg(session->name),
        [this, engine = &m_engine, request, post, run, file](ProgressSink& progress,
                                                             std::stop_token stop) {
            const auto onSnapshot = [&](std::shared_ptr<const Trajectory> snapshot) {
                post(
                    [this, run, file, snapshot] { m_sessions.setTrajectory(run, snapshot, file); });
            };
            return engine->probe(request, onSnapshot, progress, std::move(stop));
        },
        this,
        [this, run, file](Expected<ProbeReport> report) {
            finished(run, file, std::move(report));
        });
    emit runningChanged();
    return {};
}

Expected<void> ProbeControl::resume(views::RunId run, std::vector<std::size_t> selection) {
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr || session->lastChoice.output.isEmpty())
        return Error{ErrorCode::SettingsRange,
                     {},
                     "nothing was probed in this run yet",
                     "Start a probe first."};
    return start(run, std::move(selection), session->lastChoice);
}

void ProbeControl::togglePause() {
    if (!m_job) return;
    if (isPaused()) {
        m_jobs.resume(*m_job);
    } else {
        m_jobs.pause(*m_job);
    }
    emit runningChanged();
}

void ProbeControl::cancel() {
    if (m_job) m_jobs.cancel(*m_job);
}

void ProbeControl::finished(views::RunId run, const std::filesystem::path& file,
                            Expected<ProbeReport> report) {
    m_job.reset();
    if (report) {
        for (const std::string& note : report->notes)
            emit message(LogLevel::Information,
                         QString::fromStdString(escapeForDisplay(note, 400)));
        m_sessions.setTrajectory(run, report->trajectory, file);
        m_sessions.setReported(run, std::move(report->failures));
        const QString summary = tr("Probe finished: %1 complete, %2 failed, %3 were there before.")
                                    .arg(report->complete)
                                    .arg(report->failed)
                                    .arg(report->skipped);
        emit message(report->failed > 0 ? LogLevel::Warning : LogLevel::Information, summary);
    } else if (report.error().code == ErrorCode::RunCancelled) {
        emit message(LogLevel::Information,
                     tr("Probe cancelled; what was measured is kept. \"Go On with the Last Probe\" "
                        "(Ctrl+Shift+F9) measures the rest."));
    } else {
        m_sessions.setReported(run, {report.error()});
        emit message(LogLevel::Error, QString::fromStdString(report.error().toText()));
    }
    emit runningChanged();
}

}  // namespace gridscope::app
