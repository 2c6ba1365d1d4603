// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/fork_control.h"

#include <QFileInfo>
#include <QUndoStack>

#include <algorithm>
#include <utility>

#include "app/control/choice_settings.h"
#include "app/control/fork_design_command.h"
#include "app/control/fork_settings.h"

namespace gridscope::app {

using views::ForkRunMood;
using views::LogLevel;

namespace {

constexpr int kRestMilliseconds = 300;

QString nameOf(const QString& folder) { return QFileInfo(folder).fileName(); }

QString shown(const std::string& text) {
    return QString::fromStdString(escapeForDisplay(text, 400));
}

/// The trajectory of the run that `checkpoint` is one of; nothing while that is not open.
void findAudit(const SessionList& sessions, const QString& checkpoint, ForkReportRequest& request) {
    const std::filesystem::path folder = pathOf(checkpoint).parent_path();
    for (const auto& session : sessions.all()) {
        if (session->folder != folder || !session->table) continue;
        request.audit = session->table;
        request.auditName = session->name.toStdString();
    }
}

}  // namespace

ForkControl::ForkControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QUndoStack& undo,
                         QObject* parent)
    : QObject(parent), m_jobs(jobs), m_engine(engine), m_sessions(sessions), m_undo(undo) {
    m_choice.design = views::paperForkDesign();
    m_finished = m_choice;
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMilliseconds);
    connect(&m_rest, &QTimer::timeout, this, &ForkControl::examine);
}

void ForkControl::choose(const views::ForkChoice& choice, const QString& problem) {
    const bool isElsewhere = choice.out != m_choice.out;
    m_choice = choice;
    ++m_generation;
    m_rest.stop();
    if (isRunning()) return;  // looked at when the experiment has ended
    m_status.cost.reset();
    m_status.unusable.reset();
    m_status.notes.clear();
    m_status.failure.clear();
    m_status.said.clear();
    m_status.isChecking = problem.isEmpty();
    if (isElsewhere && choice.out != m_folder) {
        forgetReport();
        m_status.runs.clear();
    }
    if (!problem.isEmpty() && !choice.isOpened) m_status.runs.clear();
    if (m_status.isChecking) m_rest.start();
    emit statusChanged();
}

void ForkControl::finishEdit() {
    if (m_choice == m_finished) return;
    // Pushing a command does what it does once: by then the choice is that already.
    m_undo.push(new ForkDesignCommand(*this, m_finished, m_choice, tr("Edit Fork Design")));
}

void ForkControl::edit(const views::ForkChoice& next) {
    finishEdit();
    if (next == m_choice) return;
    m_undo.push(new ForkDesignCommand(*this, m_choice, next, tr("Edit Fork Design")));
}

void ForkControl::adopt(const views::ForkChoice& choice) {
    if (choice != m_choice) emit choiceReplaced(choice);
    m_finished = m_choice;  // as the page shows it
    if (m_choice.isOpened && m_choice.out != m_folder) readAgain();
}

void ForkControl::examine() {
    m_jobs.request<ForkPlan>(
        QStringLiteral("fork-plan"),
        [engine = &m_engine, choice = m_choice](ProgressSink& progress, std::stop_token stop) {
            return engine->planFork(choice, progress, std::move(stop));
        },
        this,
        [this, generation = m_generation](const Expected<ForkPlan>& plan) {
            examined(generation, plan);
        });
}

void ForkControl::examined(int generation, const Expected<ForkPlan>& plan) {
    if (generation != m_generation || isRunning()) return;
    m_status.isChecking = false;
    if (plan) {
        m_status.cost = plan->cost;
        m_status.runs = plan->runs;
        m_status.notes.clear();
        for (const std::string& note : plan->notes) m_status.notes << shown(note);
    } else if (plan.error().code != ErrorCode::RunCancelled) {
        m_status.unusable = plan.error();
        if (!m_choice.isOpened) m_status.runs.clear();
    }
    if (m_status.isBegun()) {
        m_folder = m_choice.out;
        requestReport();
    }
    emit statusChanged();
}

void ForkControl::start() {
    if (isRunning() || !m_status.cost) return;
    finishEdit();
    m_folder = m_choice.out;
    m_status.isRunning = true;
    m_status.failure.clear();
    m_status.said.clear();
    const GuiPoster post = m_jobs.poster(this);
    ForkCallbacks callbacks;
    callbacks.onRun = [this, post](const std::string& run, const ForkRunStatus& status) {
        post([this, run, status] { takeRun(QString::fromStdString(run), status); });
    };
    callbacks.onRows = [this, post](const std::string&, const std::shared_ptr<const Trajectory>&) {
        post([this] { requestReport(); });
    };
    callbacks.tell = [this, post](const std::string& text) {
        post([this, text] { say(LogLevel::Information, shown(text)); });
    };
    m_job = m_jobs.submit<ForkOutcome>(
        JobLane::Compute, tr("Experiment %1").arg(nameOf(m_folder)),
        [engine = &m_engine, choice = m_choice, callbacks](ProgressSink& progress,
                                                           std::stop_token stop) {
            return engine->runFork(choice, callbacks, progress, std::move(stop));
        },
        this, [this](const Expected<ForkOutcome>& outcome) { finished(outcome); });
    emit runningChanged();
    emit statusChanged();
}

void ForkControl::cancel() {
    if (m_job) m_jobs.cancel(*m_job);
}

views::ForkRunRow* ForkControl::rowOf(const QString& name) {
    const auto row = std::find_if(m_status.runs.begin(), m_status.runs.end(),
                                  [&](const views::ForkRunRow& run) { return run.name == name; });
    return row == m_status.runs.end() ? nullptr : &*row;
}

void ForkControl::takeRun(const QString& name, const ForkRunStatus& status) {
    views::ForkRunRow* row = rowOf(name);
    if (row == nullptr) return;
    const bool goesOn = status.state == ForkRunState::Planned;
    row->mood = goesOn ? ForkRunMood::Running : forkRunMood(status.state);
    // A run that goes on tells its step once it has probed.
    if (!goesOn || status.step > 0) row->step = status.step;
    row->note = shown(status.note);
    if (status.state == ForkRunState::Diverged)
        emit message(LogLevel::Warning, tr("%1 diverged: %2").arg(name, row->note));
    emit statusChanged();
}

void ForkControl::finished(const Expected<ForkOutcome>& outcome) {
    m_job.reset();
    m_status.isRunning = false;
    for (views::ForkRunRow& run : m_status.runs)
        if (run.mood == ForkRunMood::Running) run.mood = ForkRunMood::Planned;
    if (outcome) {
        for (const Warning& warning : outcome->warnings)
            emit message(LogLevel::Warning, shown(warning.what));
        const bool isFlawed = outcome->diverged + outcome->failedProbes > 0;
        say(isFlawed ? LogLevel::Warning : LogLevel::Information,
            tr("The experiment has ended: %1 runs complete, %2 stopped, %3 diverged, %4 probes "
               "failed.")
                .arg(outcome->complete)
                .arg(outcome->stopped)
                .arg(outcome->diverged)
                .arg(outcome->failedProbes));
    } else if (outcome.error().code == ErrorCode::RunCancelled) {
        say(LogLevel::Information,
            tr("The experiment is interrupted; what was trained and probed is kept, and Run goes "
               "on with it."));
    } else {
        m_status.failure =
            tr("The experiment ended: %1").arg(views::errorSentence(outcome.error()));
        emit message(LogLevel::Error, QString::fromStdString(outcome.error().toText()));
    }
    requestReport();
    m_status.cost.reset();
    m_status.isChecking = true;
    examine();
    emit runningChanged();
    emit statusChanged();
}

void ForkControl::open(const QString& folder) {
    if (isRunning()) return;
    m_jobs.submit<OpenedFork>(
        JobLane::Io, tr("Open %1").arg(nameOf(folder)),
        [engine = &m_engine, path = pathOf(folder)](ProgressSink&, std::stop_token) {
            return engine->openFork(path);
        },
        this, [this, folder](const Expected<OpenedFork>& found) { opened(folder, found); });
}

void ForkControl::opened(const QString& folder, const Expected<OpenedFork>& found) {
    if (isRunning()) return;
    if (!found) {
        if (found.error().code == ErrorCode::RunCancelled) return;
        m_status.failure =
            tr("%1 cannot be opened: %2").arg(nameOf(folder), views::errorSentence(found.error()));
        emit message(LogLevel::Error, QString::fromStdString(found.error().toText()));
        emit statusChanged();
        return;
    }
    views::ForkChoice next = found->choice;
    // The folder does not tell what was trained on; what is chosen now may be the same.
    next.tokens = m_choice.tokens;
    next.dtype = m_choice.dtype;
    next.text = m_choice.text;
    next.tokenizer = m_choice.tokenizer;
    forgetReport();
    m_folder = next.out;  // first, so that the choice is seen to be of this folder
    edit(next);
    m_status.failure.clear();
    m_status.runs = found->runs;
    requestReport();
    emit statusChanged();
}

void ForkControl::readAgain() {
    m_jobs.request<OpenedFork>(
        QStringLiteral("fork-runs"),
        [engine = &m_engine, path = pathOf(m_choice.out)](ProgressSink&, std::stop_token) {
            return engine->openFork(path);
        },
        this,
        [this, folder = m_choice.out](const Expected<OpenedFork>& found) {
            // A folder that is gone meanwhile has nothing to show.
            if (!found || isRunning() || !m_choice.isOpened || folder != m_choice.out) return;
            m_folder = folder;
            m_status.runs = found->runs;
            requestReport();
            emit statusChanged();
        });
}

void ForkControl::setGrid(const QString& grid) {
    m_grid = grid;
    requestReport();
}

void ForkControl::requestReport() {
    if (m_folder.isEmpty()) return;
    // Probes may come faster than reports are read: the one under way is not dropped for the next.
    m_isReportOutdated = m_isReading;
    if (std::exchange(m_isReading, true)) return;
    ForkReportRequest request;
    request.folder = pathOf(m_folder);
    request.grid = m_grid.toStdString();
    findAudit(m_sessions, m_choice.checkpoint, request);
    m_jobs.request<ForkReport>(
        QStringLiteral("fork-report"),
        [engine = &m_engine, request](ProgressSink&, std::stop_token) {
            return engine->forkReport(request);
        },
        this,
        [this, folder = m_folder](const Expected<ForkReport>& report) {
            takeReport(folder, report);
        });
}

void ForkControl::takeReport(const QString& folder, const Expected<ForkReport>& report) {
    m_isReading = false;
    if (m_isReportOutdated) requestReport();
    if (folder != m_folder) return;
    if (!report) {
        const ErrorCode code = report.error().code;
        // Before the first probe there is nothing to report.
        if (code != ErrorCode::RunCancelled && code != ErrorCode::ForkMissing)
            emit message(LogLevel::Error, QString::fromStdString(report.error().toText()));
        return;
    }
    m_report = std::make_shared<const ForkReport>(*report);
    for (const ForkRunResult& run : report->results.runs) {
        views::ForkRunRow* row = rowOf(QString::fromStdString(run.name));
        if (row == nullptr || run.probes.empty()) continue;
        row->trajectory = QString(folder % u'/' % row->name % QStringLiteral(".h5"));
        if (run.status.state == ForkRunState::Planned)
            row->step = std::max(row->step, run.probes.back().step);
    }
    emit reportChanged();
    emit statusChanged();
}

void ForkControl::forgetReport() {
    m_folder.clear();
    m_grid.clear();
    if (std::exchange(m_report, nullptr)) emit reportChanged();
}

void ForkControl::say(LogLevel level, const QString& text) {
    m_status.said = text;
    emit message(level, text);
    emit statusChanged();
}

}  // namespace gridscope::app
