// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "app/cli/command.h"
#include "app/cli/eval_options.h"
#include "app/cli/probe_report.h"
#include "core/analysis/watch_alerts.h"
#include "core/base/numbers.h"
#include "core/base/step_text.h"
#include "core/probe/event_actions.h"
#include "core/probe/folder_watch.h"
#include "core/probe/probe_runner.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string folder, out, command, marker, keepBest;
    std::vector<std::string> grids;
    EvalInput eval;
    ProbeSettings settings;
    MonitorSettings monitor;
    FolderWatchSettings watch;
    bool once = false;
};

/// Which alerts were acted on, in a file beside the trajectory: a restart does not repeat them.
class FiredAlerts {
public:
    explicit FiredAlerts(std::filesystem::path file) : m_file(std::move(file)) {
        const auto text = readWholeFile(systemFileOps(), m_file, 1 << 20);
        if (!text) return;
        const auto json = nlohmann::json::parse(*text, nullptr, false);
        if (!json.is_array()) return;
        for (const auto& key : json) {
            if (key.is_string()) m_keys.insert(key.get<std::string>());
        }
    }
    bool isNew(const std::string& key) const { return !m_keys.contains(key); }
    Expected<void> add(const std::string& key) {
        m_keys.insert(key);
        return writeFileAtomically(systemFileOps(), m_file, nlohmann::json(m_keys).dump() + "\n");
    }

private:
    std::filesystem::path m_file;
    std::set<std::string> m_keys;
};

class WatchRun {
public:
    explicit WatchRun(const Options& options)
        : m_options(options), m_fired(options.out + ".alerts.json") {}

    Expected<ExitCode> go() {
        const FolderWatchActions actions{
            [this](const CheckpointCatalog& catalog, const std::vector<std::size_t>& settled) {
                return probe(catalog, settled);
            },
            [this](std::string_view text) { m_report.event(text); }};
        FolderWatch watch(systemFileOps(), systemClock(), m_options.watch, actions);
        GRIDSCOPE_TRY(watch.run(m_options.once ? WatchEnd::WhenAllProbed : WatchEnd::WhenStopped,
                                m_report, cancelToken(), finishRowToken()));
        return m_failed ? ExitCode::SomeFailed : ExitCode::Done;
    }

private:
    Expected<void> probe(const CheckpointCatalog& catalog,
                         const std::vector<std::size_t>& settled) {
        FileOps& ops = systemFileOps();
        if (!m_windows) {
            GRIDSCOPE_TRY_ASSIGN(loaded, loadEvalWindows(ops, m_options.eval, catalog));
            for (const std::string& note : loaded.notes) m_report.event(note);
            m_windows = std::move(loaded.windows);
        }
        GRIDSCOPE_TRY_ASSIGN(plan, makePlan(catalog, settled, *m_windows, m_options.settings));
        if (!m_store) {
            GRIDSCOPE_TRY_ASSIGN(store,
                                 TrajectoryStore::open(ops, m_options.out, emptyTrajectory(plan)));
            m_store = std::move(store);
            for (const Warning& warning : m_store->warnings())
                m_report.event("note: " + warning.what);
        }
        const ProbeInput input{
            ops,
            plan,
            *m_store,
            [this](const ProbeRecord& row, ProbeStage stage) { m_report.row(row, stage); },
            [](const std::shared_ptr<const Trajectory>&) {},
            finishRowToken()};
        auto outcome = runProbe(input, m_report, cancelToken());
        if (!outcome) return std::move(outcome).error();
        m_failed = m_failed || outcome->failed > 0;
        return lookAtResults(outcome->trajectory);
    }

    Expected<void> lookAtResults(const std::shared_ptr<const Trajectory>& trajectory) {
        const SeriesTable table(trajectory);
        GRIDSCOPE_TRY_ASSIGN(findings, watchFindings(table, {}, m_options.monitor));
        const MonitorVerdict& verdict = findings.verdict;
        m_report.event("FP32 at step " + formatStep(verdict.step) + ": " + verdictText(verdict));
        TrainingEvent event;
        event.noticedAt = verdict.step;
        event.confidence = verdict.confidence;
        event.source = m_options.folder;
        if (findings.bestRow) event.bestCheckpoint = table.row(*findings.bestRow).source;
        if (!m_options.keepBest.empty() && !event.bestCheckpoint.empty()) {
            if (auto text = keepAndTell(systemFileOps(), event.bestCheckpoint, m_options.keepBest))
                m_report.event(*text);
        }
        if (findings.convergence) {
            event.kind = "converged";
            event.step = findings.convergence->step;
            event.loss = findings.convergence->loss;
            GRIDSCOPE_TRY(alert(event, "FP32 training converged at step "));
        }
        if (verdict.state == MonitorState::Diverging) {
            event.kind = "diverging";
            event.step = findings.convergence ? findings.convergence->step : verdict.step;
            GRIDSCOPE_TRY(alert(event, "FP32 training diverges since step "));
        }
        if (!findings.gapClimb) return {};
        event.kind = "gap-climb";
        event.loss = event.confidence = kNotMeasured;  // those of the FP32 verdict
        event.step = findings.gapClimb->step;
        event.gapPercent = findings.gapClimb->gapPercent;
        return alert(event, "the gap left its plateau band (up to " +
                                formatFixed(findings.gapClimb->bandPercent, 1) + " %) with " +
                                formatFixed(findings.gapClimb->gapPercent, 1) + " % at step ");
    }

    Expected<void> alert(const TrainingEvent& event, const std::string& text) {
        const std::string key = event.kind + "@" + formatStep(event.step);
        if (!m_fired.isNew(key)) return {};
        m_report.event("ALERT: " + text + formatStep(event.step));
        // Noted first: a command that ends this program must not be run again by its restart.
        GRIDSCOPE_TRY(m_fired.add(key));
        const EventActions actions{m_options.command, m_options.marker, m_options.keepBest};
        for (const std::string& told : carryOut(systemFileOps(), actions, event))
            m_report.event(told);
        return {};
    }

    const Options& m_options;
    ProbeReport m_report;
    FiredAlerts m_fired;
    std::optional<EvalWindows> m_windows;
    std::unique_ptr<TrajectoryStore> m_store;
    bool m_failed = false;
};

Expected<ExitCode> run(Options& options) {
    for (const std::string& text : options.grids) {
        GRIDSCOPE_TRY_ASSIGN(grid, parseGrid(text));
        options.settings.grids.push_back(grid);
    }
    if (options.settings.grids.empty()) options.settings.grids = defaultGrids();
    options.settings.preset = options.eval.preset;
    options.watch.folder = options.folder;
    // A checkpoint that is written anew is another one, and the newer one is meant.
    options.settings.onConflict = ConflictPolicy::Replace;
    GRIDSCOPE_TRY(resolveDevice(options.settings.device));
    GRIDSCOPE_TRY(ConvergenceMonitor::make(options.monitor));
    return WatchRun(options).go();
}

void addEventOptions(CLI::App& command, Options& options) {
    command.add_option("--on-converged", options.command,
                       "Shell command to run on an alert; told through GRIDSCOPE_ variables");
    command.add_option("--marker", options.marker, "JSON file to write on an alert");
    command.add_option("--keep-best", options.keepBest,
                       "Folder to keep the best checkpoint in, by hard links or as a copy");
    command.add_option("--patience", options.monitor.patience, "Points that settle a verdict")
        ->capture_default_str();
    command.add_option("--min-steps", options.monitor.minSteps, "No verdict before this step")
        ->capture_default_str();
    command
        .add_option("--tolerance", options.monitor.tolerance,
                    "Relative change of perplexity that matters")
        ->capture_default_str();
}

}  // namespace

void addWatchCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "watch", "Probe the checkpoints of a running training as they are finished");
    command->add_option("folder", options->folder, "Folder that the training writes to")
        ->required();
    command->add_option("--out", options->out, "Trajectory file to write or continue (.h5)")
        ->required();
    addEvalOptions(*command, options->eval);
    command
        ->add_option("--grid", options->grids, "Grid id or preset, repeatable (default: int4 int8)")
        ->allow_extra_args(false);
    command->add_option("--scope", options->settings.scope, "As for probe")->capture_default_str();
    command->add_option("--device", options->settings.device, "auto, cpu, cuda or cuda:N")
        ->capture_default_str();
    command->add_option("--threads", options->settings.threads, "Threads (0 = all cores)")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    addEventOptions(*command, *options);
    command->add_option("--poll", options->watch.pollSeconds, "Seconds between two looks")
        ->check(CLI::Range(0.01, 86400.0))
        ->capture_default_str();
    command
        ->add_option("--settle", options->watch.settleSeconds,
                     "Seconds that a checkpoint must not have changed")
        ->check(CLI::Range(0.0, 86400.0))
        ->capture_default_str();
    command->add_flag("--once", options->once, "Probe what is finished, then end");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, nullptr};
    });
}

}  // namespace gridscope::app
