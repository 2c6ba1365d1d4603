// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/workbench_controller.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QThread>

#include <algorithm>
#include <cmath>

#include "app/control/choice_settings.h"

namespace gridscope::app {

using views::LogLevel;

namespace {

constexpr int kUndoLimit = 200;  // workbench.md 3.4

QString textOf(const std::filesystem::path& path) {
    return QFile::decodeName(QByteArray::fromStdString(path.string()));
}

}  // namespace

WorkbenchController::WorkbenchController(JobRunner& jobs, Engine& engine, QObject* parent)
    : QObject(parent),
      m_jobs(jobs),
      m_engine(engine),
      m_navigation(m_sessions, m_history),
      m_models(jobs, m_sessions, m_history, m_navigation),
      m_phases(jobs, m_sessions),
      m_overrides(jobs, engine, m_sessions, m_undo),
      m_references(jobs, engine),
      m_watch(jobs, engine, m_sessions),
      m_fork(jobs, engine, m_sessions, m_undo),
      m_probe(jobs, engine, m_sessions),
      m_audit(jobs, engine, m_sessions) {
    connect(&m_sessions, &SessionList::sessionChanged, this,
            [this](views::RunId run, SessionPart part) {
                if (run == m_history.state().run && part == SessionPart::Data)
                    m_navigation.adoptGrid();
                if (run == m_history.state().run || m_models.runs.isVisible(run)) announceData();
            });
    connect(&m_models.runs, &views::RunModel::visibilityChanged, this,
            &WorkbenchController::announceData);
    connect(&m_history, &views::NavigationHistory::stateChanged, this,
            [this](const views::NavigationState&, views::NavigationFields changed) {
                if (!(changed & views::NavigationField::Run)) return;
                m_failure = {};
                announceData();
            });
    m_undo.setUndoLimit(kUndoLimit);
    connect(&m_watch, &WatchControl::message, this, &WorkbenchController::message);
    connect(&m_watch, &WatchControl::runningChanged, this, [this] {
        if (m_watch.isRunning()) m_navigation.activateRun(m_watch.run());
        emit viewStateChanged();
    });
    connect(&m_fork, &ForkControl::message, this, &WorkbenchController::message);
    connect(&m_fork, &ForkControl::runningChanged, this, &WorkbenchController::viewStateChanged);
    connect(&m_references, &ReferenceControl::message, this, &WorkbenchController::message);
    connect(&m_overrides, &OverrideControl::message, this, &WorkbenchController::message);
    connect(&m_probe, &ProbeControl::message, this, &WorkbenchController::message);
    connect(&m_audit, &AuditControl::message, this, &WorkbenchController::message);
    connect(&m_probe, &ProbeControl::runningChanged, this, &WorkbenchController::viewStateChanged);
    connect(&m_jobs, &JobRunner::jobChanged, this, &WorkbenchController::showProgress);
}

CompanionRuns WorkbenchController::companions() const {
    return companionRuns(m_sessions, m_models.runs, m_history.state().run);
}

void WorkbenchController::showProgress(const views::JobStatus& status) {
    const bool isOfProbe = m_probe.job() == status.id && m_probe.run() == m_history.state().run;
    const bool isOfWatch = m_watch.job() == status.id && m_watch.run() == m_history.state().run;
    if (isOfProbe || isOfWatch) m_models.showProgress(status);
}

void WorkbenchController::announceData() {
    const RunSession* run = session();
    m_cursor.setSteps(run != nullptr && run->table ? run->table->steps() : std::vector<double>());
    emit dataChanged();
    emit viewStateChanged();
}

void WorkbenchController::open(const QString& path) {
    const QString full = QFileInfo(path).absoluteFilePath();
    if (QFileInfo(full).isFile()) {
        openTrajectory(full, {});
    } else if (QFileInfo::exists(QDir(full).filePath(QStringLiteral("fork.json")))) {
        if (m_fork.isRunning()) {
            emit message(views::LogLevel::Warning,
                         tr("%1 was not opened: an experiment is running.").arg(full));
            return;
        }
        m_fork.open(full);
        emit experimentOpened();
        emit opened(full);
    } else {
        openFolder(full);
    }
}

void WorkbenchController::openFolder(const QString& path) {
    ++m_loading;
    emit viewStateChanged();
    m_loadJobs.push_back(m_jobs.submit<CheckpointCatalog>(
        JobLane::Io, tr("Scan %1").arg(QFileInfo(path).fileName()),
        [engine = &m_engine, folder = pathOf(path)](ProgressSink& progress, std::stop_token stop) {
            return engine->scan(folder, progress, std::move(stop));
        },
        this,
        [this, path](Expected<CheckpointCatalog> catalog) {
            loadingEnded();
            scanned(path, std::move(catalog));
        }));
    measureSpeed();
}

void WorkbenchController::scanned(const QString& path, Expected<CheckpointCatalog> catalog) {
    if (!catalog) {
        openFailed(path, catalog.error());
        return;
    }
    m_failure = {};
    auto shared = std::make_shared<const CheckpointCatalog>(std::move(catalog).value());
    for (const auto& known : m_sessions.all()) {
        if (known->folder != pathOf(path)) continue;
        m_sessions.setCatalog(known->id, shared);  // a rescan, or opened twice
        m_navigation.activateRun(known->id);
        return;
    }
    RunSession session;
    session.name = QFileInfo(path).fileName();
    session.folder = pathOf(path);
    session.catalog = std::move(shared);
    const auto problems =
        std::count_if(session.catalog->entries.begin(), session.catalog->entries.end(),
                      [](const CheckpointEntry& entry) { return !entry.usable(); });
    emit message(problems > 0 ? LogLevel::Warning : LogLevel::Information,
                 problems > 0
                     ? tr("%1: %2 checkpoints, %3 of them cannot be probed.")
                           .arg(path)
                           .arg(session.catalog->entries.size())
                           .arg(problems)
                     : tr("%1: %2 checkpoints.").arg(path).arg(session.catalog->entries.size()));
    const views::RunId run = m_sessions.add(std::move(session));
    m_navigation.activateRun(run);
    emit opened(path);
    // An earlier probe of this folder goes on where it stopped.
    const QString beside = suggestedChoice().output;
    if (QFileInfo(beside).isFile()) openTrajectory(beside, run);
}

void WorkbenchController::openTrajectory(const QString& path, views::RunId into) {
    ++m_loading;
    emit viewStateChanged();
    m_loadJobs.push_back(m_jobs.submit<LoadedTrajectory>(
        JobLane::Io, tr("Open %1").arg(QFileInfo(path).fileName()),
        [engine = &m_engine, file = pathOf(path)](ProgressSink&, std::stop_token) {
            return engine->read(file);
        },
        this,
        [this, path, into](Expected<LoadedTrajectory> loaded) {
            loadingEnded();
            if (!loaded) {
                openFailed(path, loaded.error());
                return;
            }
            m_failure = {};
            for (const Warning& warning : loaded->warnings)
                emit message(LogLevel::Warning,
                             QString::fromStdString(escapeForDisplay(warning.what, 400)));
            views::RunId run = into;
            if (run == views::RunId{}) {
                RunSession session;
                session.name = QFileInfo(path).completeBaseName();
                session.file = pathOf(path);
                run = m_sessions.add(std::move(session));
                emit opened(path);
            }
            m_navigation.activateRun(run);
            takeTrajectory(run, loaded->trajectory, path);
        }));
}

void WorkbenchController::takeTrajectory(views::RunId run,
                                         const std::shared_ptr<const Trajectory>& trajectory,
                                         const QString& file) {
    const RunSession* session = m_sessions.find(run);
    // What was measured in an earlier session can go on as it was.
    if (session != nullptr && session->catalog != nullptr && session->lastChoice.output.isEmpty()) {
        views::ProbeChoice suggested = suggestedChoice();
        suggested.output = file;
        if (const auto choice = choiceOf(*trajectory, std::move(suggested)))
            m_sessions.setLastChoice(run, *choice);
    }
    m_sessions.setTrajectory(run, trajectory, pathOf(file));
}

void WorkbenchController::loadingEnded() {
    if (--m_loading == 0) m_loadJobs.clear();
}

void WorkbenchController::cancelLoading() {
    for (const views::JobId job : m_loadJobs) m_jobs.cancel(job);
    if (m_loadJobs.empty() && m_probe.isProbing(m_history.state().run)) m_probe.cancel();
}

void WorkbenchController::measureSpeed() {
    if (!std::isnan(m_multiplyRate)) return;
    m_jobs.request<double>(
        QStringLiteral("multiply-rate"),
        [engine = &m_engine](ProgressSink&, std::stop_token) { return engine->multiplyRate(); },
        this,
        [this](const Expected<double>& rate) {
            if (rate) m_multiplyRate = *rate;
        });
}

void WorkbenchController::openFailed(const QString& path, const Error& error) {
    if (error.code != ErrorCode::RunCancelled) {
        m_failure.kind = ViewState::Kind::Failed;
        m_failure.sentence = tr("%1 cannot be opened: %2")
                                 .arg(QFileInfo(path).fileName(),
                                      QString::fromStdString(escapeForDisplay(error.what, 300)));
        m_failure.hint = QString::fromStdString(escapeForDisplay(error.hint, 300));
        m_failure.details = QString::fromStdString(error.toText());
        emit message(LogLevel::Error, m_failure.details);
    }
    emit viewStateChanged();
}

void WorkbenchController::closeRun(views::RunId run) {
    if (m_probe.isRunning() && m_probe.run() == run) m_probe.cancel();
    if (m_audit.isRunning() && m_audit.run() == run) m_audit.cancel();
    if (m_watch.isRunning() && m_watch.run() == run) m_watch.stop();
    views::RunId fallback;
    for (const auto& session : m_sessions.all())
        if (session->id != run) fallback = session->id;
    m_failure = {};
    m_history.closeRun(run, fallback);
    m_sessions.remove(run);
    m_navigation.adoptGrid();
    m_undo.clear();  // its commands could change nothing that is seen
    announceData();
}

void WorkbenchController::rescan() {
    if (const RunSession* run = session(); run != nullptr && !run->folder.empty())
        openFolder(textOf(run->folder));
}

QString WorkbenchController::watchObstacle() const {
    if (m_fork.isRunning()) return tr("A fork experiment is running.");
    return m_probe.isRunning() ? tr("A probe is running.") : QString();
}

QString WorkbenchController::forkObstacle() const {
    if (m_watch.isRunning()) return tr("A folder is being watched.");
    return m_probe.isRunning() ? tr("A probe is running.") : QString();
}

QString WorkbenchController::probeObstacle() const {
    const RunSession* run = session();
    if (m_watch.isRunning()) return tr("A folder is being watched.");
    if (m_fork.isRunning()) return tr("A fork experiment is running.");
    if (m_probe.isRunning()) return tr("A probe is running already.");
    if (run == nullptr) return tr("Open a folder of checkpoints first.");
    if (run->catalog == nullptr) return tr("This run has no checkpoints on disk.");
    if (m_models.checkpoints.tickedCount() == 0) return tr("No checkpoint is checked.");
    return {};
}

views::ProbeQuestion WorkbenchController::probeQuestion() const {
    views::ProbeQuestion question;
    const RunSession* run = session();
    const auto selection = m_models.checkpoints.tickedEntries();
    question.checkpoints = static_cast<int>(selection.size());
    if (run != nullptr && run->catalog)
        for (const std::size_t entry : selection)
            question.parameters =
                std::max(question.parameters, run->catalog->entries[entry].parameters);
    question.cores = std::max(1, QThread::idealThreadCount());
    question.multiplyRate = m_multiplyRate;
    question.presets = m_engine.presetOffers();
    question.grids = m_engine.gridOffers();
    question.gridProblem = [this](const QString& id) { return m_engine.gridProblem(id); };
    return question;
}

views::ProbeChoice WorkbenchController::suggestedChoice() const {
    const RunSession* run = session();
    if (run == nullptr || run->folder.empty()) return {};
    if (!run->lastChoice.output.isEmpty()) return run->lastChoice;
    views::ProbeChoice choice;
    const QDir folder(textOf(run->folder));
    for (const char* name : {"val_tokens.npy", "tokens.npy", "eval_tokens.npy"}) {
        const QString file = folder.filePath(QString::fromLatin1(name));
        if (choice.tokens.isEmpty() && QFileInfo(file).isFile()) choice.tokens = file;
    }
    // Beside the folder, so that the checkpoints stay as they are.
    choice.output = QDir(QFileInfo(folder.absolutePath()).absolutePath())
                        .filePath(QString(run->name % QStringLiteral(".h5")));
    return choice;
}

void WorkbenchController::report(const Expected<void>& outcome) {
    if (!outcome) emit message(LogLevel::Error, QString::fromStdString(outcome.error().toText()));
}

void WorkbenchController::startProbe(const views::ProbeChoice& choice) {
    if (const RunSession* run = session())
        report(m_probe.start(run->id, m_models.checkpoints.tickedEntries(), choice));
}

void WorkbenchController::resumeProbe() {
    if (const RunSession* run = session())
        report(m_probe.resume(run->id, m_models.checkpoints.tickedEntries()));
}

QString WorkbenchController::auditObstacle() const {
    const RunSession* run = session();
    if (m_audit.isRunning()) return tr("An audit is running already.");
    if (run == nullptr) return tr("Open a folder of checkpoints to audit it.");
    if (run->catalog == nullptr) return tr("This run has no checkpoints on disk.");
    return {};
}

void WorkbenchController::startAudit() {
    if (const RunSession* run = session()) report(m_audit.start(run->id));
}

void WorkbenchController::saveAudit(const QString& file) {
    if (const RunSession* run = session(); run != nullptr && run->audit)
        m_audit.save(run->audit, pathOf(file));
}

void WorkbenchController::excludeFromProbe(const std::vector<std::size_t>& entries) {
    std::vector<bool> ticks;
    int excluded = 0;
    for (const views::CheckpointRow& row : m_models.checkpoints.rows()) {
        const bool named =
            row.entry >= 0 && std::find(entries.begin(), entries.end(),
                                        static_cast<std::size_t>(row.entry)) != entries.end();
        ticks.push_back(row.ticked && !named);
        excluded += row.ticked && named ? 1 : 0;
    }
    m_models.checkpoints.setTicks(ticks);
    emit message(LogLevel::Information, tr("Left out of the probe: %1.").arg(excluded));
}

void WorkbenchController::moveBoundary(const QString& detector, int index, double step) {
    if (const RunSession* run = session()) report(m_overrides.move(run->id, detector, index, step));
}

ViewState WorkbenchController::viewState() const {
    const RunSession* run = session();
    const Trajectory* trajectory = run == nullptr ? nullptr : run->trajectory();
    const bool isMeasured =
        trajectory != nullptr &&
        std::any_of(trajectory->rows.begin(), trajectory->rows.end(), [](const auto& row) {
            return row->status == RowStatus::Complete || row->status == RowStatus::Weights;
        });
    if (!isMeasured) return emptyState();
    ViewState state;
    state.kind = ViewState::Kind::Data;
    const int probed = static_cast<int>(
        std::count_if(trajectory->rows.begin(), trajectory->rows.end(),
                      [](const auto& row) { return row->status == RowStatus::Complete; }));
    const int all = m_models.checkpoints.rowCount();
    QStringList badges = companions().problems;
    if (probed < all) badges.prepend(tr("%1 of %2 probed").arg(probed).arg(all));
    state.badge = badges.join(QStringLiteral("   "));
    return state;
}

ViewState WorkbenchController::emptyState() const {
    ViewState state;
    const RunSession* run = session();
    if (m_loading > 0) {
        state.kind = ViewState::Kind::Loading;
        state.sentence = tr("Reading...");
    } else if (run != nullptr && m_probe.isProbing(run->id)) {
        state.kind = ViewState::Kind::Loading;
        state.sentence = tr("The first checkpoint is being measured...");
    } else if (m_failure.kind == ViewState::Kind::Failed) {
        state = m_failure;
    } else if (run == nullptr) {
        state.sentence = tr("Open a folder of checkpoints, or a trajectory file.");
    } else {
        state.sentence = tr("No checkpoint of this run has been probed yet.");
        if (m_models.failures.failureCount() > 0) describeFailures(state);
    }
    return state;
}

void WorkbenchController::describeFailures(ViewState& state) const {
    const auto& rows = m_models.checkpoints.rows();
    const auto failed = std::count_if(rows.begin(), rows.end(), [](const auto& row) {
        return row.state == views::CheckpointState::Failed;
    });
    const auto left = std::count_if(rows.begin(), rows.end(), [](const auto& row) {
        return row.usable && row.state != views::CheckpointState::Failed;
    });
    state.kind = ViewState::Kind::Failed;
    state.hint = tr("The Jobs panel lists why.");
    state.details = m_models.failures.toText();
    if (failed == 0) {
        state.sentence = tr("Nothing was measured.");
    } else if (left == 0) {
        state.sentence = tr("All checkpoints failed.");
    } else {
        state.sentence = tr("%1 of %2 checkpoints failed, the others are not measured.")
                             .arg(failed)
                             .arg(rows.size());
    }
}

}  // namespace gridscope::app
