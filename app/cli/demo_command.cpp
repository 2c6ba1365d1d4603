// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/probe_report.h"
#include "app/cli/training_report.h"
#include "core/analysis/phase_detection.h"
#include "core/analysis/phase_input.h"
#include "core/base/numbers.h"
#include "core/probe/eval_input.h"
#include "core/text/bpe_trainer.h"
#include "core/text/text_file.h"
#include "core/text/tokenizer.h"
#include "core/training/demo_recipe.h"
#include "core/training/demo_text.h"
#include "core/training/schedule_text.h"
#include "core/trajectory/trajectory_export.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string out;
    std::string text;
    bool quick = false;
};

/// Seconds since construction, as text.
class Stopwatch {
public:
    std::string text() const {
        return formatDuration(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count());
    }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

/// The King James Bible as the program `bible` of the Debian package bible-kjv prints it.
Expected<std::string> readBible() {
    std::FILE* pipe = popen("bible -f gen1:1-rev22:21 2>/dev/null", "r");
    std::string text;
    std::array<char, 65536> buffer{};
    while (pipe != nullptr) {
        const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe);
        if (got == 0) break;
        text.append(buffer.data(), got);
    }
    if (pipe != nullptr) pclose(pipe);
    if (text.size() < 1'000'000)
        return Error{ErrorCode::FileMissing, "bible",
                     "the demo trains on the text of the package bible-kjv, which is not installed",
                     "Run packaging/setup.sh, or give --text FILE with English prose"};
    return withoutVerseReferences(text);
}

Expected<SplitText> demoText(FileOps& ops, const Options& options, const DemoRecipe& recipe) {
    const auto wanted = static_cast<std::uint64_t>(recipe.textBytes);
    if (options.text.empty()) {
        GRIDSCOPE_TRY_ASSIGN(bible, readBible());
        return splitText(bible, wanted);
    }
    GRIDSCOPE_TRY_ASSIGN(document, readTextFile(ops, options.text));
    return splitText(document.text, wanted);
}

/// The folder layout of a demo.
struct Places {
    std::filesystem::path root, suite, tokenizer, training, heldOut, recipe, marker, run;
    explicit Places(const std::filesystem::path& out)
        : root(out),
          suite(out / "suite"),
          tokenizer(suite / "tokenizer.json"),
          training(out / "training_text.txt"),
          heldOut(out / "held_out.txt"),
          recipe(out / "recipe.txt"),
          marker(out / "trained.txt"),
          run(out / "demo.h5") {}
};

/// Trains the suite unless a finished one of the same recipe is there.
Expected<void> trainSuite(FileOps& ops, const Options& options, const Places& places) {
    const DemoRecipe recipe = options.quick ? quickDemoRecipe() : demoRecipe();
    GRIDSCOPE_TRY_ASSIGN(text, demoText(ops, options, recipe));
    GRIDSCOPE_TRY_ASSIGN(
        bpe, trainBpeTokenizer(text.training, static_cast<std::uint64_t>(recipe.vocabulary)));
    GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::parse(bpe.json, places.tokenizer.string()));
    GRIDSCOPE_TRY_ASSIGN(ids, tokenizer.encode(text.training, SpecialTokens::Without));

    TrainingSettings settings = recipe.training;
    settings.tokens = std::move(ids);
    ScheduleSettings shape;
    shape.form = ScheduleForm::Neox2023;
    shape.lrMax = recipe.largestRate;
    shape.lrMin = recipe.smallestRate;
    shape.warmupSteps = recipe.warmupSteps;
    shape.totalSteps = settings.steps;
    GRIDSCOPE_TRY_ASSIGN(schedule, Schedule::make(shape));
    settings.scheduleText = fullScheduleText(shape);
    const std::string identity = trainingSettingsHash(settings) + "\n";
    if (auto marker = readWholeFile(ops, places.marker, 4096); marker && *marker == identity) {
        printMessage("the suite is trained already: " + places.suite.string());
        // For forks; demos of earlier versions do not have it.
        return writeFileAtomically(ops, places.training, text.training);
    }
    GRIDSCOPE_TRY(makeFolders(ops, places.suite));
    if (auto begun = readWholeFile(ops, places.recipe, 4096); begun && *begun != identity)
        return Error{ErrorCode::OutputExists, places.root.string(),
                     "holds a demo of another recipe or text",
                     "Choose another --out, or remove that folder"};
    GRIDSCOPE_TRY(writeFileAtomically(ops, places.recipe, identity));
    GRIDSCOPE_TRY(writeFileAtomically(ops, places.tokenizer, bpe.json));
    GRIDSCOPE_TRY(writeFileAtomically(ops, places.training, text.training));
    GRIDSCOPE_TRY(writeFileAtomically(ops, places.heldOut, text.heldOut));
    settings.stateFile = places.root / "trainer_state.bin";
    settings.start = RunStart::Resume;
    printMessage("training " + std::to_string(settings.steps) + " steps on " +
                 std::to_string(settings.tokens.size()) + " tokens of " +
                 formatBytes(text.training.size()) + " text");
    const Stopwatch watch;
    TrainingReport report;
    CheckpointFolder folder(ops, places.suite, settings.model, "");
    GRIDSCOPE_TRY(trainReported(settings, schedule, folder, report));
    report.event("training took " + watch.text());
    return writeFileAtomically(ops, places.marker, identity);
}

Expected<ProbeOutcome> probeSuite(FileOps& ops, const Places& places) {
    const Stopwatch watch;
    ProbeReport report;
    GRIDSCOPE_TRY_ASSIGN(catalog, scanFolder(ops, places.suite, report, cancelToken()));
    EvalInput eval;
    eval.text = places.heldOut;
    eval.windows = "512";
    eval.length = 64;
    GRIDSCOPE_TRY_ASSIGN(loaded, loadEvalWindows(ops, eval, catalog));
    ProbeSettings settings;
    for (const char* grid : {"int4", "int3", "int8"}) {
        GRIDSCOPE_TRY_ASSIGN(parsed, parseGrid(grid));
        settings.grids.push_back(parsed);
    }
    GRIDSCOPE_TRY_ASSIGN(selection, selectCheckpoints(catalog, "all"));
    GRIDSCOPE_TRY_ASSIGN(
        plan, makePlan(catalog, selection, std::move(loaded.windows), std::move(settings)));
    GRIDSCOPE_TRY_ASSIGN(outcome, probeReported(ops, plan, places.run, report));
    report.event("probing took " + watch.text());
    return outcome;
}

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    const Places places(options.out);
    GRIDSCOPE_TRY(trainSuite(ops, options, places));
    GRIDSCOPE_TRY_ASSIGN(outcome, probeSuite(ops, places));
    const SeriesTable table(outcome.trajectory);
    GRIDSCOPE_TRY_ASSIGN(input, phaseInput(table, ""));
    GRIDSCOPE_TRY_ASSIGN(phases, analysePhases(input));
    GRIDSCOPE_TRY(writeOutput(trajectoryToTable(*outcome.trajectory) + "\n" + phasesToText(phases) +
                              "\ntrajectory: " + places.run.string() + "\n"));
    return outcome.failed > 0 ? ExitCode::SomeFailed : ExitCode::Done;
}

}  // namespace

void addDemoCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "demo", "Train a tiny model on local text, probe its checkpoints, show what comes out");
    command
        ->add_option("--out", options->out, "Folder for the demo (kept; started again, it goes on)")
        ->required();
    command->add_option("--text", options->text,
                        "English prose to train on (default: the package bible-kjv)");
    command->add_flag("--quick", options->quick, "A seventh of the training: tries the program");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, nullptr};
    });
}

}  // namespace gridscope::app
