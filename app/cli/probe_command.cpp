// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/eval_options.h"
#include "app/cli/probe_report.h"
#include "core/probe/probe_runner.h"
#include "core/trajectory/trajectory_export.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string folder;
    std::string out;
    std::string run;
    std::string select = "all";
    std::string order = "coarse";
    std::string stages = "weights,perplexity";
    std::string onConflict = "refuse";
    std::string memoryLimit;
    std::vector<std::string> grids;
    EvalInput eval;
    ProbeSettings settings;
    bool allowNonFinite = false;
    bool json = false;
};

template <class Value>
Expected<Value> oneOf(std::string_view option, const std::string& text,
                      const std::vector<std::pair<std::string, Value>>& choices) {
    std::string names;
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
        names += (names.empty() ? "" : ", ") + name;
    }
    return Error{ErrorCode::SettingsSyntax, std::string(option), escapeForDisplay(text),
                 "Use one of: " + names};
}

Expected<ProbeSettings> settingsOf(const Options& options) {
    ProbeSettings settings = options.settings;
    for (const std::string& text : options.grids) {
        GRIDSCOPE_TRY_ASSIGN(grid, parseGrid(text));
        settings.grids.push_back(grid);
    }
    if (settings.grids.empty()) settings.grids = defaultGrids();
    settings.preset = options.eval.preset;
    GRIDSCOPE_TRY_ASSIGN(order, oneOf<ProbeOrder>("--order", options.order,
                                                  {{"coarse", ProbeOrder::CoarseToFine},
                                                   {"steps", ProbeOrder::Steps}}));
    settings.order = order;
    GRIDSCOPE_TRY_ASSIGN(
        stages, oneOf<ProbeStages>("--stages", options.stages,
                                   {{"weights,perplexity", ProbeStages::WeightsAndPerplexity},
                                    {"weights", ProbeStages::WeightsOnly},
                                    {"perplexity", ProbeStages::PerplexityOnly}}));
    settings.stages = stages;
    GRIDSCOPE_TRY_ASSIGN(conflict, oneOf<ConflictPolicy>("--on-conflict", options.onConflict,
                                                         {{"refuse", ConflictPolicy::Refuse},
                                                          {"replace", ConflictPolicy::Replace},
                                                          {"keep", ConflictPolicy::Keep},
                                                          {"both", ConflictPolicy::Both}}));
    settings.onConflict = conflict;
    if (!options.memoryLimit.empty()) {
        GRIDSCOPE_TRY_ASSIGN(limit, parseMemorySize(options.memoryLimit));
        settings.memoryLimit = limit;
    }
    settings.nonFinite = options.allowNonFinite ? NonFinitePolicy::Allow : NonFinitePolicy::Refuse;
    return settings;
}

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    GRIDSCOPE_TRY_ASSIGN(settings, settingsOf(options));
    ProbeReport report;
    GRIDSCOPE_TRY_ASSIGN(found, scanFolder(ops, options.folder, report, cancelToken()));
    GRIDSCOPE_TRY_ASSIGN(chosen, selectInRun(std::move(found), options.run, options.select));
    const CheckpointCatalog& catalog = chosen.catalog;
    GRIDSCOPE_TRY_ASSIGN(loaded, loadEvalWindows(ops, options.eval, catalog));
    for (const std::string& note : loaded.notes) report.event(note);
    GRIDSCOPE_TRY_ASSIGN(
        plan, makePlan(catalog, chosen.selection, std::move(loaded.windows), std::move(settings)));
    GRIDSCOPE_TRY_ASSIGN(device, resolveDevice(plan.settings.device));
    GRIDSCOPE_TRY_ASSIGN(store, TrajectoryStore::open(ops, options.out, emptyTrajectory(plan)));
    for (const Warning& warning : store->warnings()) report.event("note: " + warning.what);
    report.start(plan, device);

    const ProbeInput input{
        ops,
        plan,
        *store,
        [&](const ProbeRecord& row, ProbeStage stage) { report.row(row, stage); },
        [](const std::shared_ptr<const Trajectory>&) {},
        finishRowToken()};
    GRIDSCOPE_TRY_ASSIGN(outcome, runProbe(input, report, cancelToken()));
    report.finish(outcome);
    if (options.json) {
        GRIDSCOPE_TRY(writeOutput(trajectoryToJson(*outcome.trajectory, LayerDetail::Without)));
    }
    return outcome.failed > 0 ? ExitCode::SomeFailed : ExitCode::Done;
}

}  // namespace

void addProbeCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "probe", "Measure checkpoints into a trajectory file; started again, it goes on");
    command->add_option("folder", options->folder, "Folder of checkpoints, or one checkpoint")
        ->required();
    command->add_option("--out", options->out, "Trajectory file to write or continue (.h5)")
        ->required();
    addEvalOptions(*command, options->eval);
    command
        ->add_option("--grid", options->grids,
                     "Grid id or preset, repeatable (default: int4 int8); such as int4, "
                     "a3g128:minmax, s8channel:absmax")
        ->allow_extra_args(false);
    command
        ->add_option("--scope", options->settings.scope,
                     "blocks, blocks+embed, blocks+head or blocks+embed+head")
        ->capture_default_str();
    command
        ->add_option("--select", options->select,
                     "all, log:16, every:5000, 1000..80000 or labels, joined by commas")
        ->capture_default_str();
    command->add_option("--run", options.run,
                        "Which run of a folder with several; scan lists their names");
    command->add_option("--order", options->order, "coarse (coarse to fine) or steps")
        ->capture_default_str();
    command->add_option("--stages", options->stages, "weights, perplexity or both")
        ->capture_default_str();
    command->add_option("--device", options->settings.device, "auto, cpu, cuda or cuda:N")
        ->capture_default_str();
    command->add_option("--threads", options->settings.threads, "Threads (0 = all cores)")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_option("--seed", options->settings.seed, "Of intervals and control grids")
        ->capture_default_str();
    command->add_option("--limit-memory", options->memoryLimit, "Such as 8G; drops prefetch first");
    command
        ->add_option("--on-conflict", options->onConflict,
                     "When a label holds other weights now: refuse, replace, keep or both")
        ->capture_default_str();
    command->add_flag("--allow-nonfinite", options->allowNonFinite,
                      "Measure checkpoints with NaN or infinite weights too");
    command->add_flag("--json", options->json, "The trajectory as JSON on stdout at the end");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
