// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/core_engine.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>

#include "app/control/choice_settings.h"
#include "app/control/core_fork.h"
#include "app/control/core_watch.h"
#include "core/checkpoint/audit_report.h"
#include "core/model/multiply_rate.h"
#include "core/model/worker_thread.h"
#include "core/probe/probe_plan.h"
#include "core/probe/probe_runner.h"
#include "core/quant/grid.h"
#include "core/text/eval_preset.h"

namespace gridscope::app {

namespace {

/// Beside an installed program, else in the source tree that it was built from.
std::filesystem::path referenceFolder() {
    const QString installed = QDir(QCoreApplication::applicationDirPath())
                                  .filePath(QStringLiteral("../share/gridscope/reference"));
    return pathOf(QDir(installed).exists() ? installed
                                           : QStringLiteral(GRIDSCOPE_SOURCE_REFERENCES));
}

}  // namespace

Expected<CheckpointCatalog> CoreEngine::scan(const std::filesystem::path& folder,
                                             ProgressSink& progress, std::stop_token stop) {
    return scanFolder(*m_ops, folder, progress, std::move(stop));
}

Expected<AuditReport> CoreEngine::audit(const CheckpointCatalog& catalog, AuditLevel level,
                                        ProgressSink& progress, std::stop_token stop) {
    return auditCatalog(*m_ops, catalog, {level}, progress, std::move(stop));
}

Expected<void> CoreEngine::saveAudit(const AuditReport& report, const std::filesystem::path& file) {
    return saveAuditReport(*m_ops, file, report);
}

Expected<LoadedTrajectory> CoreEngine::read(const std::filesystem::path& file) {
    return readTrajectory(*m_ops, file);
}

Expected<ProbeReport> CoreEngine::probe(const ProbeRequest& request, const OnSnapshot& onSnapshot,
                                        ProgressSink& progress, std::stop_token stop) {
    GRIDSCOPE_TRY_ASSIGN(settings, probeSettingsOf(request.choice));
    GRIDSCOPE_TRY_ASSIGN(loaded,
                         loadEvalWindows(*m_ops, evalInputOf(request.choice), *request.catalog));
    GRIDSCOPE_TRY_ASSIGN(plan, makePlan(*request.catalog, request.selection,
                                        std::move(loaded.windows), std::move(settings)));
    GRIDSCOPE_TRY_ASSIGN(
        store, TrajectoryStore::open(*m_ops, pathOf(request.choice.output), emptyTrajectory(plan)));
    ProbeReport report;
    report.notes = std::move(loaded.notes);
    for (const Warning& warning : store->warnings()) report.notes.push_back(warning.what);
    const ProbeInput input{*m_ops,
                           plan,
                           *store,
                           [](const ProbeRecord&, ProbeStage) {},
                           onSnapshot,
                           {},
                           request.onStorageFailure};
    GRIDSCOPE_TRY_ASSIGN(outcome, runProbe(input, progress, std::move(stop)));
    report.trajectory = std::move(outcome.trajectory);
    report.complete = outcome.complete;
    report.failed = outcome.failed;
    report.skipped = outcome.skipped;
    report.failures = std::move(outcome.failures);
    for (const Warning& warning : outcome.warnings) report.notes.push_back(warning.what);
    return report;
}

Expected<void> CoreEngine::watch(const views::WatchChoice& choice, const WatchCallbacks& callbacks,
                                 ProgressSink& progress, std::stop_token stop) {
    return watchFolder(*m_ops, systemClock(), choice, callbacks, progress, stop);
}

Expected<ForkPlan> CoreEngine::planFork(const views::ForkChoice& choice, ProgressSink& progress,
                                        std::stop_token stop) {
    return app::planFork(
        *m_ops, choice, [this](int threads) { return rateWith(threads); }, progress, stop);
}

Expected<ForkOutcome> CoreEngine::runFork(const views::ForkChoice& choice,
                                          const ForkCallbacks& callbacks, ProgressSink& progress,
                                          std::stop_token stop) {
    return app::runFork(*m_ops, choice, callbacks, progress, stop);
}

Expected<OpenedFork> CoreEngine::openFork(const std::filesystem::path& folder) {
    return app::openFork(*m_ops, folder);
}

Expected<ForkReport> CoreEngine::forkReport(const ForkReportRequest& request) {
    return readForkReport(*m_ops, request, referenceFolder());
}

Expected<void> CoreEngine::saveOverrides(const std::filesystem::path& file,
                                         const std::string& overridesJson) {
    // Its own plan and tokens: the store adds nothing but the new text.
    GRIDSCOPE_TRY_ASSIGN(loaded, readTrajectory(*m_ops, file));
    GRIDSCOPE_TRY_ASSIGN(store, TrajectoryStore::open(*m_ops, file, *loaded.trajectory));
    const auto present = store->snapshot();
    return store->setAnalysis(present->phasesJson, overridesJson, present->notes);
}

Expected<std::vector<ReferenceSeries>> CoreEngine::references() {
    return loadReferenceSeries(*m_ops, referenceFolder());
}

Expected<double> CoreEngine::multiplyRate() { return rateWith(0); }

double CoreEngine::rateWith(int threads) {
    const std::lock_guard lock(m_rateMutex);
    const auto known = m_rates.find(threads);
    if (known != m_rates.end()) return known->second;
    initWorkerThread(threads);  // on a lane that computes nothing else
    return m_rates[threads] = measureMultiplyRate();
}

QList<views::PresetOffer> CoreEngine::presetOffers() const {
    QList<views::PresetOffer> offers;
    for (const EvalPreset& preset : evalPresets())
        offers.append(
            {QString::fromUtf8(preset.name.data(), static_cast<qsizetype>(preset.name.size())),
             preset.windows.count.value_or(0), preset.windows.length});
    return offers;
}

QList<views::GridOffer> CoreEngine::gridOffers() const {
    QList<views::GridOffer> offers;
    for (const GridPreset& preset : gridPresets()) {
        const auto text = [](std::string_view bytes) {
            return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
        };
        const bool initially = preset.name == "int4" || preset.name == "int8";
        offers.append({text(preset.id), text(preset.name), text(preset.note), initially});
    }
    return offers;
}

QString CoreEngine::gridProblem(const QString& id) const {
    const auto grid = parseGrid(id.toStdString());
    return grid ? QString() : QString::fromStdString(grid.error().toText());
}

}  // namespace gridscope::app
