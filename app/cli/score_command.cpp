// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/cli/command.h"
#include "app/cli/eval_options.h"
#include "app/cli/progress_line.h"
#include "core/base/numbers.h"
#include "core/model/architecture.h"
#include "core/model/scorer.h"
#include "core/model/worker_thread.h"
#include "core/probe/probe_runner.h"
#include "core/text/npy_writer.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string checkpoint;
    std::string dumpLogits;
    std::string device = "auto";
    int threads = 0;
    EvalInput eval;
    bool json = false;
};

Expected<void> dumpLogits(Scorer& scorer, const EvalWindows& windows, std::uint64_t vocabulary,
                          const std::string& file) {
    GRIDSCOPE_TRY_ASSIGN(writer, NpyWriter::create(systemFileOps(), file, NpyDtype::F32,
                                                   {windows.count, windows.length, vocabulary}));
    GRIDSCOPE_TRY(scorer.logits([&](std::span<const float> piece) { return writer.append(piece); },
                                cancelToken()));
    return writer.finish();
}

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    GRIDSCOPE_TRY_ASSIGN(device, resolveDevice(options.device));
    initWorkerThread(options.threads);
    ProgressLine progress;
    GRIDSCOPE_TRY_ASSIGN(catalog, scanFolder(ops, options.checkpoint, progress, cancelToken()));
    if (catalog.entries.size() != 1)
        return Error{
            ErrorCode::SettingsRange, options.checkpoint,
            "holds " + std::to_string(catalog.entries.size()) + " checkpoints, score takes one",
            "Name the folder of one checkpoint"};
    GRIDSCOPE_TRY_ASSIGN(loaded, loadEvalWindows(ops, options.eval, catalog));
    for (const std::string& note : loaded.notes) progress.event(note);
    GRIDSCOPE_TRY_ASSIGN(weights, loadModelWeights(ops, catalog.entries.front(),
                                                   NonFinitePolicy::Refuse, cancelToken()));
    ScorerOptions scorerOptions;
    scorerOptions.device = device;
    scorerOptions.threads = options.threads;
    Scorer scorer(weights, loaded.windows, {}, scorerOptions);
    GRIDSCOPE_TRY_ASSIGN(states, scorer.hidden(cancelToken()));
    GRIDSCOPE_TRY_ASSIGN(scores, scorer.score(states, {}, cancelToken()));
    if (!options.dumpLogits.empty()) {
        GRIDSCOPE_TRY(dumpLogits(scorer, loaded.windows,
                                 static_cast<std::uint64_t>(weights->config().vocabularyRows),
                                 options.dumpLogits));
    }
    const std::vector<double>& nll = scores.front().nll;
    const auto tokens = loaded.windows.scoredTokens();
    const double ce = std::accumulate(nll.begin(), nll.end(), 0.0) / static_cast<double>(tokens);
    if (options.json) {
        const double ppl = std::exp(ce);
        nlohmann::json json = {{"ce", nullptr},
                               {"ppl", nullptr},
                               {"tokens", tokens},
                               {"windows", loaded.windows.count}};
        if (std::isfinite(ce)) json["ce"] = ce;
        if (std::isfinite(ppl)) json["ppl"] = ppl;
        GRIDSCOPE_TRY(writeOutput(json.dump() + "\n"));
    } else {
        GRIDSCOPE_TRY(writeOutput("CE " + formatNumber(ce) + " nats/token, PPL " +
                                  formatNumber(std::exp(ce)) + ", " + std::to_string(tokens) +
                                  " scored tokens in " + std::to_string(loaded.windows.count) +
                                  " windows\n"));
    }
    return ExitCode::Done;
}

}  // namespace

void addScoreCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("score", "FP32 cross entropy of one checkpoint");
    command->footer("Models that are read (model_type in config.json): " + supportedModelTypes());
    command->add_option("checkpoint", options->checkpoint, "Folder of one checkpoint")->required();
    addEvalOptions(*command, options->eval);
    command->add_option("--dump-logits", options->dumpLogits,
                        "Write float32 [windows, length, vocabulary] to this .npy");
    command->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")
        ->capture_default_str();
    command->add_option("--threads", options->threads, "Threads (0 = all cores)")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_flag("--json", options->json, "One JSON document on stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
