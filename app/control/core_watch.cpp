// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/core_watch.h"

#include "app/control/choice_settings.h"
#include "core/probe/folder_watch.h"
#include "core/probe/probe_plan.h"
#include "core/probe/probe_runner.h"

namespace gridscope::app {

namespace {

/// Probes what the watch hands over; keeps the evaluation windows and the file between looks.
class WatchProbe {
public:
    WatchProbe(FileOps& ops, const views::WatchChoice& choice, const WatchCallbacks& callbacks,
               ProbeSettings settings)
        : m_ops(ops),
          m_choice(choice),
          m_callbacks(callbacks),
          m_settings(std::move(settings)),
          m_monitor{choice.patience, choice.minSteps, choice.tolerancePercent / 100.0} {}

    Expected<void> tellRows(const std::shared_ptr<const Trajectory>& trajectory) {
        GRIDSCOPE_TRY_ASSIGN(findings, watchFindings(SeriesTable(trajectory), {}, m_monitor));
        m_callbacks.onRows(trajectory, findings);
        return {};
    }

    Expected<void> probe(const CheckpointCatalog& catalog, const std::vector<std::size_t>& settled,
                         ProgressSink& progress, const std::stop_token& stop) {
        if (!m_windows) {
            GRIDSCOPE_TRY_ASSIGN(loaded,
                                 loadEvalWindows(m_ops, evalInputOf(m_choice.probe), catalog));
            for (const std::string& note : loaded.notes) m_callbacks.tell(note);
            m_windows = std::move(loaded.windows);
        }
        GRIDSCOPE_TRY_ASSIGN(plan, makePlan(catalog, settled, *m_windows, m_settings));
        if (!m_store) {
            GRIDSCOPE_TRY_ASSIGN(store, TrajectoryStore::open(m_ops, pathOf(m_choice.probe.output),
                                                              emptyTrajectory(plan)));
            m_store = std::move(store);
            for (const Warning& warning : m_store->warnings()) m_callbacks.tell(warning.what);
        }
        const ProbeInput input{m_ops,
                               plan,
                               *m_store,
                               [](const ProbeRecord&, ProbeStage) {},
                               [this](const std::shared_ptr<const Trajectory>& snapshot) {
                                   m_callbacks.onRows(snapshot, std::nullopt);
                               },
                               {}};
        GRIDSCOPE_TRY_ASSIGN(outcome, runProbe(input, progress, stop));
        for (const Error& failure : outcome.failures) m_callbacks.tell(failure.toText());
        return tellRows(outcome.trajectory);
    }

private:
    FileOps& m_ops;
    const views::WatchChoice& m_choice;
    const WatchCallbacks& m_callbacks;
    ProbeSettings m_settings;
    MonitorSettings m_monitor;
    std::optional<EvalWindows> m_windows;
    std::unique_ptr<TrajectoryStore> m_store;
};

}  // namespace

Expected<void> watchFolder(FileOps& ops, Clock& clock, const views::WatchChoice& choice,
                           const WatchCallbacks& callbacks, ProgressSink& progress,
                           const std::stop_token& stop) {
    GRIDSCOPE_TRY_ASSIGN(settings, probeSettingsOf(choice.probe));
    // A checkpoint that is written anew is another one, and the newer one is meant.
    settings.onConflict = ConflictPolicy::Replace;
    WatchProbe probe(ops, choice, callbacks, std::move(settings));
    if (auto present = readTrajectory(ops, pathOf(choice.probe.output))) {
        GRIDSCOPE_TRY(probe.tellRows(present->trajectory));
    } else if (present.error().code != ErrorCode::FileMissing) {
        return std::move(present).error();
    }
    const FolderWatchActions actions{
        [&](const CheckpointCatalog& catalog, const std::vector<std::size_t>& settled) {
            return probe.probe(catalog, settled, progress, stop);
        },
        [&](std::string_view text) { callbacks.tell(std::string(text)); }};
    FolderWatch watch(ops, clock, {pathOf(choice.folder), choice.pollSeconds, choice.settleSeconds},
                      actions);
    return watch.run(WatchEnd::WhenStopped, progress, stop);
}

}  // namespace gridscope::app
