// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "app/cli/training_report.h"
#include "app/cli/training_stop.h"
#include "core/base/numbers.h"
#include "core/base/step_text.h"
#include "core/model/multiply_rate.h"
#include "core/model/worker_thread.h"
#include "core/training/fork_conditions.h"
#include "core/training/fork_runner.h"

namespace gridscope::app {

namespace {

constexpr const char* kGoOn = "What was trained and probed is kept: the same command goes on";

struct Options {
    ForkRequest request;
    std::string checkpoint, out, tokens, text, tokenizer, evalTokens, evalText, memory;
    ScheduleSettings base;
    std::vector<std::string> conditions, sweepPeriods{"75+300"}, grids;
    std::vector<double> sweepRates;
    std::uint64_t seeds = 3, firstSeed = 0;
    std::optional<std::int64_t> probeEvery;
    std::string probeAt, timing = "after", monitor = "off", keep = "last", dataOrder = "seeded";
    std::int64_t forkStep = -1;
    bool dryRun = false;
};

Expected<void> placeProbes(const Options& options, ForkProbing& probing) {
    if (!options.probeAt.empty() && options.probeAt != "cool-end")
        return Error{ErrorCode::SettingsSyntax,
                     "--probe-at",
                     "expected cool-end, found \"" + escapeForDisplay(options.probeAt) + "\"",
                     {}};
    if (options.probeAt == "cool-end") {
        probing.placement = ProbePlacement::CoolEnd;
        probing.every = options.probeEvery.value_or(1);
    } else if (options.probeEvery) {
        probing.every = *options.probeEvery;
    }
    probing.timing =
        options.timing == "before" ? ProbeTiming::BeforeUpdate : ProbeTiming::AfterUpdate;
    return {};
}

Expected<ForkRequest> requestOf(const Options& options) {
    ForkRequest request = options.request;
    request.checkpoint = options.checkpoint;
    request.out = options.out;
    request.training.tokens = options.tokens;
    request.training.text = options.text;
    request.training.tokenizer = options.tokenizer;
    request.evaluation.tokens = options.evalTokens;
    request.evaluation.text = options.evalText;
    request.evaluation.tokenizer = options.tokenizer;
    ForkDesign& design = request.design;
    design.forkStep = options.forkStep;
    ScheduleSettings base = options.base;
    base.forkStep = std::max<std::int64_t>(options.forkStep, 0);
    std::vector<std::string> texts = options.conditions;
    if (texts.empty() && !options.sweepRates.empty()) texts.emplace_back("cosine");
    GRIDSCOPE_TRY_ASSIGN(conditions, parseForkConditions(texts, base));
    GRIDSCOPE_TRY_ASSIGN(sweep, oliSweep(options.sweepRates, options.sweepPeriods, base));
    design.conditions = std::move(conditions);
    design.conditions.insert(design.conditions.end(), sweep.begin(), sweep.end());
    GRIDSCOPE_TRY_ASSIGN(order, dataOrderOf(options.dataOrder, design.firstWindow));
    design.dataOrder = order;
    for (std::uint64_t i = 0; i < options.seeds; ++i) design.seeds.push_back(options.firstSeed + i);
    GRIDSCOPE_TRY(placeProbes(options, design.probing));
    for (const std::string& grid : options.grids) {
        GRIDSCOPE_TRY_ASSIGN(parsed, parseGrid(grid));
        request.probe.grids.push_back(parsed);
    }
    if (request.probe.grids.empty()) request.probe.grids = defaultGrids();
    GRIDSCOPE_TRY_ASSIGN(monitor, parseMonitorAction(options.monitor));
    request.monitor = monitor;
    request.keep = options.keep == "all" ? KeepWeights::All : KeepWeights::Last;
    return request;
}

std::string bytesText(double bytes) { return formatBytes(static_cast<std::uint64_t>(bytes)); }

/// What will be done and what it takes.
void announce(const PreparedFork& prepared, ProgressLine& line) {
    const ForkDesign& design = prepared.record().design;
    for (const std::string& note : prepared.notes()) line.event("note: " + note);
    line.event(std::to_string(design.conditions.size()) + " conditions x " +
               std::to_string(design.seeds.size()) + " seeds from step " +
               std::to_string(design.forkStep) + ", " + std::to_string(design.steps) +
               " steps each, " + std::to_string(forkProbeSteps(design).size()) + " probes a run");
    if (const std::string warning = aliasingWarning(design); !warning.empty())
        line.event("note: " + warning);
    initWorkerThread(prepared.threads());
    const ForkCost cost = estimateForkCost(systemFileOps(), prepared, measureMultiplyRate());
    line.event("about " + formatDuration(cost.seconds) + ": " + formatFixed(cost.tokens, 0) +
               " tokens, " + formatFixed(cost.trainFlop / 1e12, 2) + " TFLOP of training, " +
               formatFixed(cost.probeFlop / 1e12, 2) + " TFLOP of probing; memory " +
               bytesText(cost.memoryBytes) + ", disk " + bytesText(cost.diskBytes));
    if (cost.diskBytes > cost.freeDiskBytes)
        line.event("note: only " + bytesText(cost.freeDiskBytes) + " of disk are free");
    if (cost.memoryBytes > cost.freeMemoryBytes)
        line.event("note: only " + bytesText(cost.freeMemoryBytes) + " of memory are free");
}

/// Lines of the runs as they go on.
ForkCallbacks tellThrough(ProgressLine& line, const std::string& grid) {
    ForkCallbacks callbacks;
    callbacks.onRun = [&line](const std::string& run, const ForkRunStatus& status) {
        if (status.state == ForkRunState::Planned) return;
        line.event(run + ": " + std::string(forkRunStateName(status.state)) + " at step " +
                   std::to_string(status.step) +
                   (status.note.empty() ? std::string() : ", " + status.note));
    };
    callbacks.onRows = [&line, grid](const std::string& run,
                                     const std::shared_ptr<const Trajectory>& trajectory) {
        if (trajectory->rows.empty()) return;
        const ProbeRecord& row = *trajectory->rows.back();
        const auto scores = row.grids.find(grid);
        if (row.status != RowStatus::Complete || scores == row.grids.end()) return;
        line.event(run + ", step " + std::to_string(row.step) + ": FP32 PPL " +
                   formatFixed(row.fp32.ppl, 2) + ", " + grid + " gap " +
                   formatFixed(scores->second.gapPercent.value, 2) + " %");
    };
    callbacks.tell = [&line](const std::string& text) { line.event(text); };
    return callbacks;
}

std::string endText(const ForkOutcome& outcome) {
    std::string text = std::to_string(outcome.complete) + " runs complete";
    if (outcome.stopped > 0) text += ", " + std::to_string(outcome.stopped) + " stopped";
    if (outcome.diverged > 0) text += ", " + std::to_string(outcome.diverged) + " diverged";
    if (outcome.failedProbes > 0)
        text += ", " + std::to_string(outcome.failedProbes) + " probes failed";
    return text;
}

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    const TrainingStop stop;
    ProgressLine line;
    GRIDSCOPE_TRY_ASSIGN(request, requestOf(options));
    GRIDSCOPE_TRY_ASSIGN(prepared, prepareFork(ops, request, line, stop.token()));
    announce(prepared, line);
    if (options.dryRun) return ExitCode::Done;
    const ForkCallbacks callbacks = tellThrough(line, gridId(request.probe.grids.front()));
    auto ended = runForks(ops, prepared, callbacks, line, stop.token());
    if (!ended) {
        Error error = std::move(ended).error();
        if (error.hint.empty()) error.hint = kGoOn;
        return stop.ended(std::move(error), kGoOn);
    }
    const ForkOutcome& outcome = *ended;
    for (const Warning& warning : outcome.warnings) line.event("note: " + warning.what);
    line.event(endText(outcome) + "; compare them with");
    line.event("  gridscope-cli fork-report " + options.out);
    return outcome.diverged + outcome.failedProbes > 0 ? ExitCode::SomeFailed : ExitCode::Done;
}

void addSources(CLI::App& command, Options& options) {
    command.add_option("checkpoint", options.checkpoint, "Folder of one gpt_neox checkpoint")
        ->required();
    command
        .add_option("--out", options.out,
                    "Folder of the experiment; the same command goes on with it")
        ->required();
    command.add_option("--text", options.text, "Text to train on: .txt, .jsonl, also .zst");
    command
        .add_option("--text-field", options.request.training.textField,
                    "Key of the text in a .jsonl")
        ->capture_default_str();
    command.add_option("--tokenizer", options.tokenizer,
                       "tokenizer.json (default: the checkpoint's, else its parent's)");
    command.add_option("--tokens", options.tokens, "Token ids to train on: .npy, .bin or .idx");
    command.add_option("--dtype", options.request.training.dtype,
                       "Type of a .bin: u8, u16, u32, i32 or i64");
    command.add_option("--eval-text", options.evalText,
                       "Text to probe on (default: the last 5 % of the training tokens)");
    command.add_option("--eval-tokens", options.evalTokens, "Token ids to probe on");
    command.add_option("--eval-dtype", options.request.evaluation.dtype, "Type of a .bin of those");
    command.add_option("--windows", options.request.evaluation.windows,
                       "Windows to probe on, or all");
    command.add_option("--eval-length", options.request.evaluation.length, "Tokens per window");
    command
        .add_option("--grid", options.grids, "Grid id or preset, repeatable (default: int4 int8)")
        ->allow_extra_args(false);
}

void addConditions(CLI::App& command, Options& options) {
    command
        .add_option("--condition", options.conditions,
                    "Schedule, repeatable; the first is the control: cosine, "
                    "sgdr:period=N, oli:eta=X,bump=N,cool=N, or NAME=SCHEDULE")
        ->allow_extra_args(false);
    CLI::Option* rates =
        command
            .add_option("--sweep-eta", options.sweepRates,
                        "Bump rates to calibrate oli with, joined by commas; without --condition "
                        "the control is cosine")
            ->delimiter(',')
            ->allow_extra_args(false);
    command
        .add_option("--sweep-period", options.sweepPeriods,
                    "Periods of that sweep as BUMP+COOL, joined by commas (75+300)")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->needs(rates);
    command.add_option("--lr-max", options.base.lrMax, "Largest rate of the original schedule")
        ->required();
    command.add_option("--lr-min", options.base.lrMin, "Its smallest rate")->required();
    command.add_option("--warmup", options.base.warmupSteps, "Its warm-up steps")
        ->capture_default_str();
    command.add_option("--total", options.base.totalSteps, "Its steps in all")->required();
    command
        .add_option("--fork-step", options.forkStep,
                    "Step of the checkpoint (default: from its name)")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000'000}));
}

void addTraining(CLI::App& command, Options& options) {
    ForkDesign& design = options.request.design;
    command.add_option("--seeds", options.seeds, "Runs of each condition")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command.add_option("--seed", options.firstSeed, "First of the seeds")
        ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
        ->capture_default_str();
    command.add_option("--steps", design.steps, "Updates of each run")->required();
    command.add_option("--batch", design.batch, "Windows of a micro-batch")->capture_default_str();
    command.add_option("--length", design.length, "Tokens of a training window")
        ->capture_default_str();
    command.add_option("--accumulate", design.accumulate, "Micro-batches of an update")
        ->capture_default_str();
    command.add_option("--weight-decay", design.weightDecay, "On matrices and embeddings")
        ->capture_default_str();
    command.add_option("--clip", design.clip, "Largest global gradient norm")
        ->capture_default_str();
    command
        .add_option("--data-order", options.dataOrder,
                    "seeded (windows at random places) or file (one after the other, for data "
                    "that are shuffled already, such as Pythia's .idx; each further seed takes "
                    "the windows behind)")
        ->check(CLI::IsMember({"seeded", "file"}))
        ->capture_default_str();
    command
        .add_option("--first-window", design.firstWindow,
                    "Window, or sequence of a packed .idx, that file order begins with")
        ->capture_default_str();
    command
        .add_option("--rewarm", design.rewarmSteps,
                    "Steps over which the rate rises again: the moments start at zero")
        ->capture_default_str();
}

void addProbing(CLI::App& command, Options& options) {
    command.add_option("--probe-every", options.probeEvery, "Steps between probes (1000)");
    CLI::Option* offset =
        command.add_option("--probe-offset", options.request.design.probing.offset, "Shifts them")
            ->capture_default_str();
    command
        .add_option("--probe-at", options.probeAt,
                    "cool-end: the last step of cool phases, at least --probe-every apart")
        ->excludes(offset);
    command
        .add_option("--timing", options.timing,
                    "Which rate a probe counts under: after (of the update that made the "
                    "weights) or before (of the next)")
        ->check(CLI::IsMember({"after", "before"}))
        ->capture_default_str();
    command
        .add_option("--monitor", options.monitor,
                    "off, stop (end a run where FP32 has converged) or keep-best")
        ->capture_default_str();
    command.add_option("--keep", options.keep, "Weights that stay on disk: last or all")
        ->check(CLI::IsMember({"last", "all"}))
        ->capture_default_str();
    command.add_option("--threads", options.request.threads, "Threads (0 = choose)")
        ->capture_default_str();
    command.add_flag("--dry-run", options.dryRun, "Check everything, say what it takes, stop");
}

}  // namespace

void addForkCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    options->request.design.length = 2048;
    CLI::App* command = app.add_subcommand(
        "fork", "Train on from a checkpoint under several schedules and seeds, probing on the way");
    command->footer(
        "The same command goes on with an interrupted experiment; --dry-run says what it takes.\n"
        "fork-report DIR compares the conditions of an experiment, finished or not.\n"
        "All conditions of a seed see the same windows, so runs can be compared in pairs.");
    addSources(*command, *options);
    addConditions(*command, *options);
    addTraining(*command, *options);
    addProbing(*command, *options);
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, nullptr};
    });
}

}  // namespace gridscope::app
