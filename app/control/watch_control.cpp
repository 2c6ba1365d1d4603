// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/watch_control.h"

#include <QFileInfo>

#include <cmath>

#include "app/control/choice_settings.h"
#include "views/models/number_text.h"

namespace gridscope::app {

using views::LogLevel;

namespace {

struct Done {};  // what a watch gives

/// Shows the newest row that has an FP32 perplexity.
void showNewest(const SeriesTable& table, views::WatchStatus& status) {
    const auto perplexity = table.series("fp32_ppl").values;
    const auto& grids = table.trajectory().gridIds;
    const std::string grid = grids.empty() ? "" : grids.front();
    const auto gap = table.series("gap_percent", grid).values;
    for (std::size_t i = table.rowCount(); i-- > 0;) {
        if (std::isnan(perplexity[i])) continue;
        status.newestStep = table.steps()[i];
        status.perplexity = perplexity[i];
        status.gapPercent = gap[i];
        status.grid = QString::fromStdString(grid);
        return;
    }
}

}  // namespace

WatchControl::WatchControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QObject* parent)
    : QObject(parent), m_jobs(jobs), m_engine(engine), m_sessions(sessions) {}

void WatchControl::start(const views::WatchChoice& choice) {
    if (isRunning()) return;
    m_file = pathOf(choice.probe.output);
    m_alerted.clear();
    m_status = {};
    m_status.isRunning = true;
    // A run that shows this file already goes on in its place.
    m_run = {};
    for (const auto& session : m_sessions.all())
        if (session->file == m_file) m_run = session->id;
    if (m_run == views::RunId{}) {
        RunSession session;
        session.name = QFileInfo(choice.folder).fileName();
        session.file = m_file;
        m_run = m_sessions.add(std::move(session));
    }
    const GuiPoster post = m_jobs.poster(this);
    const WatchCallbacks callbacks{
        [this, post](std::shared_ptr<const Trajectory> trajectory,
                     const std::optional<WatchFindings>& findings) {
            post([this, trajectory, findings] { takeRows(trajectory, findings); });
        },
        [this, post](const std::string& text) {
            post([this, text] { say(QString::fromStdString(escapeForDisplay(text, 400))); });
        }};
    m_job = m_jobs.submit<Done>(
        JobLane::Compute, tr("Watch %1").arg(QFileInfo(choice.folder).fileName()),
        [engine = &m_engine, choice, callbacks](ProgressSink& progress,
                                                std::stop_token stop) -> Expected<Done> {
            GRIDSCOPE_TRY(engine->watch(choice, callbacks, progress, std::move(stop)));
            return Done{};
        },
        this,
        [this](const Expected<Done>& outcome) {
            finished(outcome ? Expected<void>() : Expected<void>(outcome.error()));
        });
    emit runningChanged();
    emit statusChanged();
}

void WatchControl::stop() {
    if (m_job) m_jobs.cancel(*m_job);
}

void WatchControl::dismissAlerts() {
    m_status.alerts.clear();
    emit statusChanged();
}

void WatchControl::takeRows(const std::shared_ptr<const Trajectory>& trajectory,
                            const std::optional<WatchFindings>& findings) {
    m_sessions.setTrajectory(m_run, trajectory, m_file);
    showNewest(SeriesTable(trajectory), m_status);
    if (findings) takeFindings(*findings);
    emit statusChanged();
}

void WatchControl::takeFindings(const WatchFindings& findings) {
    const MonitorVerdict& verdict = findings.verdict;
    const std::string_view state = monitorStateName(verdict.state);
    m_status.verdict = QString::fromUtf8(state.data(), static_cast<qsizetype>(state.size()));
    m_status.confidence = verdict.confidence;
    if (verdict.points == 0) m_status.verdict.clear();
    if (findings.convergence) {
        const QString step = views::stepText(findings.convergence->step);
        alert(QStringLiteral("converged@") + step,
              tr("FP32 training converged at step %1.").arg(step));
    }
    if (verdict.state == MonitorState::Diverging)
        alert(QStringLiteral("diverging@") + views::stepText(verdict.bestStep),
              tr("FP32 training diverges; its best step was %1.")
                  .arg(views::stepText(verdict.bestStep)));
    if (findings.gapClimb) {
        const QString step = views::stepText(findings.gapClimb->step);
        alert(QStringLiteral("gap@") + step,
              tr("The gap left its plateau band at step %1: %2, band up to %3.")
                  .arg(step, views::percentText(findings.gapClimb->gapPercent),
                       views::percentText(findings.gapClimb->bandPercent)));
    }
}

void WatchControl::alert(const QString& key, const QString& text) {
    if (!m_alerted.insert(key).second) return;
    m_status.alerts.append(text);
    emit message(LogLevel::Warning, text);
}

void WatchControl::say(const QString& text) {
    m_status.said = text;
    emit message(LogLevel::Information, text);
    emit statusChanged();
}

void WatchControl::finished(const Expected<void>& outcome) {
    m_job.reset();
    m_status.isRunning = false;
    if (!outcome && outcome.error().code != ErrorCode::RunCancelled) {
        m_status.said = QString::fromStdString(escapeForDisplay(outcome.error().toText(), 400));
        emit message(LogLevel::Error, m_status.said);
    } else {
        say(tr("The watch has ended; what was measured is kept."));
    }
    emit runningChanged();
    emit statusChanged();
}

}  // namespace gridscope::app
