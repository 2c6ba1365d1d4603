// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/training_report.h"
#include "core/checkpoint/catalog.h"
#include "core/model/model_weights.h"
#include "core/text/megatron_dataset.h"
#include "core/text/token_file.h"
#include "core/text/tokenize_file.h"
#include "core/training/checkpoint_folder.h"
#include "core/training/save_steps.h"
#include "core/training/schedule_text.h"

namespace gridscope::app {

namespace {

constexpr std::uint64_t kConfigBytes = 1 << 20;
constexpr std::uint64_t kTokenizerBytes = 64 << 20;

struct Options {
    std::string config, text, tokenizer, tokens, dtype, out;
    std::string textField = "text";
    std::string schedule = "cosine";
    std::string save = "log,every:1000";
    ScheduleSettings scheduleSettings;
    TrainingSettings training;
    bool resume = false;
};

struct TrainingText {
    std::vector<std::uint32_t> ids;
    std::string tokenizerJson;  ///< empty for token files
};

Expected<std::vector<std::uint32_t>> readIds(FileOps& ops, const Options& options) {
    std::optional<TokenDtype> dtype;
    if (!options.dtype.empty()) {
        GRIDSCOPE_TRY_ASSIGN(parsed, parseTokenDtype(options.dtype));
        dtype = parsed;
    }
    if (!isMegatronName(options.tokens)) {
        GRIDSCOPE_TRY_ASSIGN(tokens, readTokenFile(ops, options.tokens, dtype));
        return std::move(tokens.ids);
    }
    GRIDSCOPE_TRY_ASSIGN(dataset, MegatronDataset::open(ops, options.tokens, dtype));
    MegatronDataset::StreamSettings stream;
    if (!options.tokenizer.empty()) {
        GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::load(ops, options.tokenizer));
        stream.endOfDocument = tokenizer.endOfDocumentId();
    }
    GRIDSCOPE_TRY_ASSIGN(tokens, dataset.readStream(stream));
    return std::move(tokens.ids);
}

Expected<TrainingText> readTraining(FileOps& ops, const Options& options) {
    if (options.tokens.empty() == options.text.empty())
        return Error{ErrorCode::SettingsRange, "--tokens, --text",
                     options.tokens.empty() ? "neither token ids nor a text was given"
                                            : "both token ids and a text were given",
                     "Give --tokens FILE, or --text FILE --tokenizer FILE"};
    TrainingText training;
    if (!options.tokens.empty()) {
        GRIDSCOPE_TRY_ASSIGN(ids, readIds(ops, options));
        training.ids = std::move(ids);
        return training;
    }
    if (options.tokenizer.empty())
        return Error{ErrorCode::TokenizerMissing, "--tokenizer", "a text needs a tokenizer",
                     "Give --tokenizer FILE"};
    GRIDSCOPE_TRY_ASSIGN(json, readWholeFile(ops, options.tokenizer, kTokenizerBytes));
    GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::parse(json, options.tokenizer));
    TokenizeSettings how;
    how.lines = {options.textField, availableMemory() / 4};
    GRIDSCOPE_TRY_ASSIGN(text, tokenizeFile(ops, options.text, tokenizer, how));
    for (const std::string& note : text.notes) printMessage("note: " + note);
    training.ids = std::move(text.ids);
    training.tokenizerJson = std::move(json);
    return training;
}

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    TrainingSettings settings = options.training;
    GRIDSCOPE_TRY_ASSIGN(configText, readWholeFile(ops, options.config, kConfigBytes));
    GRIDSCOPE_TRY_ASSIGN(model, parseModelConfig(configText, options.config));
    settings.model = std::move(model);
    GRIDSCOPE_TRY_ASSIGN(training, readTraining(ops, options));
    settings.tokens = std::move(training.ids);
    GRIDSCOPE_TRY_ASSIGN(saveSteps, parseSaveSteps(options.save, 0, settings.steps));
    settings.saveSteps = std::move(saveSteps);
    ScheduleSettings base = options.scheduleSettings;
    if (base.totalSteps == 0) base.totalSteps = settings.steps;
    GRIDSCOPE_TRY_ASSIGN(schedule, parseSchedule(options.schedule, base));
    settings.scheduleText = fullScheduleText(schedule.settings());
    GRIDSCOPE_TRY(makeFolders(ops, options.out));
    settings.stateFile = std::filesystem::path(options.out) / "trainer_state.bin";
    settings.start = options.resume ? RunStart::Resume : RunStart::Fresh;

    TrainingReport report;
    CheckpointFolder folder(ops, options.out, settings.model, training.tokenizerJson);
    GRIDSCOPE_TRY(trainReported(settings, schedule, folder, report));
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
    command->add_option("--seed", training.seed, "Of initial weights and data order")
        ->capture_default_str();
    command->add_option("--threads", training.threads, "Threads (0 = choose)")
        ->capture_default_str();
    command->add_option("--save", options->save, "Steps to keep: log, every:N, N; by commas")
        ->capture_default_str();
    command->add_flag("--resume", options->resume, "Go on where a stopped run of --out ended");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, nullptr};
    });
}

}  // namespace gridscope::app
