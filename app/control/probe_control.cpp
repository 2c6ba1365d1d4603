// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/probe_control.h"

#include <limits>
#include <utility>

#include "app/control/choice_settings.h"

namespace gridscope::app {

using views::LogLevel;

namespace {

/// On the worker thread: waits for the user's answer to an error that one can do something about.
StorageAnswer ask(const Error& error, const std::function<void(QString)>& show,
                  ProgressSink& progress, const std::stop_token& stop, StorageQuestion& question) {
    if (error.code == ErrorCode::Internal || error.code == ErrorCode::TrajectoryVerify) return {};
    progress.report({"waiting for room", {}, 0, 0, std::numeric_limits<double>::quiet_NaN()});
    show(QString::fromStdString(escapeForDisplay(error.toText(), 400)));
    return question.wait(stop);
}

}  // namespace

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
    m_file = pathOf(choice.output);
    m_otherFile.clear();
    m_question = std::make_shared<StorageQuestion>();
    ProbeRequest request{session->catalog, std::move(selection), choice};
    const GuiPoster post = m_jobs.poster(this);
    m_job = m_jobs.submit<ProbeReport>(
        JobLane::Compute, tr("Probe %1").arg(session->name),
        [this, engine = &m_engine, request, post, run, question = m_question](
            ProgressSink& progress, std::stop_token stop) mutable {
            const auto onSnapshot = [&](std::shared_ptr<const Trajectory> snapshot) {
                post([this, run, snapshot] { takeRows(run, snapshot); });
            };
            const auto show = [&](QString problem) {
                post([this, problem] { showStorageProblem(problem); });
            };
            request.onStorageFailure = [&](const Error& error) {
                return ask(error, show, progress, stop, *question);
            };
            return engine->probe(request, onSnapshot, progress, stop);
        },
        this, [this, run](Expected<ProbeReport> report) { finished(run, std::move(report)); });
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

void ProbeControl::retryStorage() { answer({StorageAnswer::Action::Retry, {}}); }

void ProbeControl::saveElsewhere(const QString& file) {
    m_otherFile = file;
    answer({StorageAnswer::Action::Elsewhere, pathOf(file)});
}

void ProbeControl::takeRows(views::RunId run, const std::shared_ptr<const Trajectory>& rows) {
    // Rows have reached the disk, so the other file was taken.
    if (!m_otherFile.isEmpty()) {
        if (const RunSession* session = m_sessions.find(run)) {
            views::ProbeChoice choice = session->lastChoice;
            choice.output = m_otherFile;
            m_sessions.setLastChoice(run, choice);
        }
        m_file = pathOf(std::exchange(m_otherFile, {}));
    }
    m_sessions.setTrajectory(run, rows, m_file);
}

void ProbeControl::answer(StorageAnswer answer) {
    if (m_storageProblem.isEmpty()) return;
    showStorageProblem({});
    m_question->answer(std::move(answer));
}

void ProbeControl::showStorageProblem(const QString& problem) {
    if (m_storageProblem == problem) return;
    m_storageProblem = problem;
    if (!problem.isEmpty()) {
        m_otherFile.clear();  // what was tried last has failed
        emit message(LogLevel::Error, problem);
    }
    emit storageProblemChanged();
}

void ProbeControl::finished(views::RunId run, Expected<ProbeReport> report) {
    m_job.reset();
    showStorageProblem({});
    if (report) {
        for (const std::string& note : report->notes)
            emit message(LogLevel::Information,
                         QString::fromStdString(escapeForDisplay(note, 400)));
        takeRows(run, report->trajectory);
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
