// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/training_report.h"
#include "core/checkpoint/catalog.h"
#include "core/training/checkpoint_folder.h"
#include "core/training/held_out.h"
#include "core/training/monitored_training.h"
#include "core/training/save_steps.h"
#include "core/training/schedule_text.h"
#include "core/training/training_cost.h"
#include "core/training/training_tokens.h"

namespace gridscope::app {

namespace {

constexpr std::uint64_t kConfigBytes = 1 << 20;

struct Options {
    std::string config, text, tokenizer, tokens, dtype, out;
    std::string textField = "text";
    std::string schedule = "cosine";
    std::string save = "log,every:1000";
    std::string monitor = "off";
    std::string dataOrder = "seeded";
    std::int64_t firstWindow = 0;
    ScheduleSettings scheduleSettings;
    TrainingSettings training;
    bool resume = false;
};

/// Trains while the monitor follows the loss on the held-out end of the tokens.
Expected<void> trainWatched(FileOps& ops, TrainingSettings settings, const Schedule& schedule,
                            CheckpointFolder& folder, MonitorAction action,
                            TrainingReport& report) {
    // Before the hold-out: what must fit is the run with all of its tokens.
    GRIDSCOPE_TRY(report.begin(settings));
    GRIDSCOPE_TRY_ASSIGN(windows,
                         holdOut(settings.tokens, static_cast<std::uint64_t>(settings.length), {}));
    report.event("note: the validation loss is measured on the last 5 % of the tokens, " +
                 std::to_string(windows.count) + " windows, which are not trained on");
    GRIDSCOPE_TRY_ASSIGN(rule, ConvergenceMonitor::make());
    TrainingMonitor monitor(ops, action, settings.stateFile.parent_path() / "best",
                            std::move(rule));
    report.follow(folder);
    GRIDSCOPE_TRY_ASSIGN(
        result, trainMonitored(
                    ops, std::move(settings),
                    [&](std::int64_t step) { return schedule.learningRate(step); }, folder, windows,
                    monitor, [&](const std::string& text) { report.event(text); }, report,
                    report.stop().token()));
    report.finish(result);
    return {};
}

TrainingInput inputOf(const Options& options) {
    TrainingInput input{options.tokens,    options.dtype,     options.text,
                        options.textField, options.tokenizer, 0,
                        std::nullopt};
    if (options.dataOrder == dataOrderName(DataOrder::Seeded)) return input;
    // Of packed data only what the run takes is read, and what is held out of it.
    const TrainingSettings& training = options.training;
    const double windows = static_cast<double>(training.steps) *
                           static_cast<double>(training.batch) *
                           static_cast<double>(training.accumulate);
    input.firstSequence = static_cast<std::uint64_t>(options.firstWindow);
    // What is no number of windows is refused with the settings.
    if (windows >= 0.0 && windows < 1e15)
        input.sequences = static_cast<std::uint64_t>(windows * 20.0 / 19.0) + 2;
    return input;
}

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    TrainingSettings settings = options.training;
    GRIDSCOPE_TRY_ASSIGN(configText, readWholeFile(ops, options.config, kConfigBytes));
    GRIDSCOPE_TRY_ASSIGN(model, parseModelConfig(configText, options.config));
    settings.model = std::move(model);
    GRIDSCOPE_TRY_ASSIGN(action, parseMonitorAction(options.monitor));
    GRIDSCOPE_TRY_ASSIGN(dataOrder, dataOrderOf(options.dataOrder, options.firstWindow));
    const TrainingInput input = inputOf(options);
    GRIDSCOPE_TRY_ASSIGN(training, loadTrainingTokens(ops, input));
    for (const std::string& note : training.notes) printMessage("note: " + note);
    if (dataOrder == DataOrder::File) {
        settings.dataOrder = dataOrder;
        GRIDSCOPE_TRY_ASSIGN(order, fileOrderOf(training, settings.length, options.firstWindow));
        settings.fileOrder = order;
    }
    settings.tokens = std::move(training.ids);
    GRIDSCOPE_TRY_ASSIGN(saveSteps, parseSaveSteps(options.save, 0, settings.steps));
    settings.saveSteps = std::move(saveSteps);
    ScheduleSettings base = options.scheduleSettings;
    if (base.totalSteps == 0) base.totalSteps = settings.steps;
    GRIDSCOPE_TRY_ASSIGN(schedule, parseSchedule(options.schedule, base));
    settings.scheduleText = fullScheduleText(schedule.settings());
    GRIDSCOPE_TRY(makeFolders(ops, options.out));
    settings.stateFile = std::filesystem::path(options.out) / "trainer_state.bin";
    settings.stateEvery = stateInterval(settings);
    settings.start = options.resume ? RunStart::Resume : RunStart::Fresh;

    TrainingReport report;
    CheckpointFolder folder(ops, options.out, settings.model, training.tokenizerJson);
    const Expected<void> ended =
        action == MonitorAction::Off
            ? trainReported(settings, schedule, folder, report)
            : trainWatched(ops, std::move(settings), schedule, folder, action, report);
    if (!ended)
        return report.stop().ended(ended.error(),
                                   "The same command with --resume goes on from here");
    printMessage("the checkpoints are in " + options.out + "; measure them with");
    printMessage("  gridscope-cli probe " + options.out + " --text HELD_OUT.txt --out run.h5");
    return ExitCode::Done;
}

void addModelAndData(CLI::App& command, Options& options) {
    command.add_option("--config", options.config, "config.json of a gpt_neox model")->required();
    command.add_option("--text", options.text, "Text to train on: .txt, .jsonl, also .zst");
    command.add_option("--text-field", options.textField, "Key of the text in a .jsonl")
        ->capture_default_str();
    command.add_option("--tokenizer", options.tokenizer,
                       "tokenizer.json for the text, or with an end-of-document id for an .idx");
    command.add_option("--tokens", options.tokens, "Token ids: .npy, .bin or Megatron .idx");
    command.add_option("--dtype", options.dtype, "Type of a .bin: u8, u16, u32, i32 or i64");
    command.add_option("--out", options.out, "Folder for the checkpoints")->required();
}

}  // namespace

void addTrainCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    options->scheduleSettings.lrMax = 6e-4;
    options->scheduleSettings.lrMin = 6e-5;
    CLI::App* command =
        app.add_subcommand("train", "Train a small GPT-NeoX model and keep its checkpoints");
    addModelAndData(*command, *options);
    TrainingSettings& training = options->training;
    command->add_option("--steps", training.steps, "Updates to make")->required();
    command->add_option("--schedule", options->schedule, "Form, as for schedule --form")
        ->capture_default_str();
    command->add_option("--lr-max", options->scheduleSettings.lrMax, "Largest learning rate")
        ->capture_default_str();
    command->add_option("--lr-min", options->scheduleSettings.lrMin, "Smallest learning rate")
        ->capture_default_str();
    command->add_option("--warmup", options->scheduleSettings.warmupSteps, "Warm-up steps")
        ->capture_default_str();
    command->add_option("--total", options->scheduleSettings.totalSteps,
                        "Steps that the schedule is laid out for (default: --steps)");
    command->add_option("--batch", training.batch, "Windows of a micro-batch")
        ->capture_default_str();
    command->add_option("--length", training.length, "Tokens of a window")->capture_default_str();
    command->add_option("--accumulate", training.accumulate, "Micro-batches of an update")
        ->capture_default_str();
    command->add_option("--weight-decay", training.weightDecay, "On matrices and embeddings")
        ->capture_default_str();
    command->add_option("--clip", training.clip, "Largest global gradient norm")
        ->capture_default_str();
    command->add_option("--seed", training.seed, "Of initial weights and data order")
        ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
        ->capture_default_str();
    command
        ->add_option("--data-order", options->dataOrder,
                     "seeded (windows at random places) or file (one after the "
                     "other, for data "
                     "that are shuffled already, such as Pythia's .idx)")
        ->check(CLI::IsMember({"seeded", "file"}))
        ->capture_default_str();
    command
        ->add_option("--first-window", options->firstWindow,
                     "Window, or sequence of a packed .idx, that file order begins with")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 31))
        ->capture_default_str();
    command->add_option("--threads", training.threads, "Threads (0 = choose)")
        ->capture_default_str();
    command->add_option("--save", options->save, "Steps to keep: log, every:N, N; by commas")
        ->capture_default_str();
    command
        ->add_option("--monitor", options->monitor,
                     "off, stop (end where the validation loss has converged) or keep-best "
                     "(keep the best checkpoint below best/)")
        ->capture_default_str();
    command->add_flag("--resume", options->resume, "Go on where a stopped run of --out ended");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, nullptr};
    });
}

}  // namespace gridscope::app
