// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/command.h"
#include "core/analysis/phase_detection.h"
#include "core/analysis/phase_input.h"
#include "core/trajectory/series_table.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string file;
    std::string detectors;
    std::string grid;
    std::string metric;
    bool json = false;
};

Expected<ExitCode> run(const Options& options) {
    GRIDSCOPE_TRY_ASSIGN(detectors, parseDetectors(options.detectors));
    GRIDSCOPE_TRY_ASSIGN(loaded, readTrajectory(systemFileOps(), options.file));
    const SeriesTable table(loaded.trajectory);
    GRIDSCOPE_TRY_ASSIGN(input, phaseInput(table, options.grid, options.metric));
    GRIDSCOPE_TRY_ASSIGN(report, analysePhases(input, detectors));
    const std::vector<Association> tested =
        options.metric.empty() ? associations(input, {}) : std::vector<Association>();
    GRIDSCOPE_TRY(writeOutput(options.json ? phasesToJson(report, tested) + "\n"
                                           : phasesToText(report, tested)));
    return ExitCode::Done;
}

}  // namespace

void addPhasesCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("phases", "Phase boundaries of a trajectory, with intervals");
    command->add_option("file", options->file, "Trajectory (.h5)")->required();
    command->add_option("--detector", options->detectors,
                        "derivative, changepoints, hmm, joined by commas (default: all)");
    command->add_option("--grid", options->grid,
                        "Grid whose gap is looked at (default: the first of the run)");
    command->add_option("--metric", options->metric,
                        "Metric to look at, by its schema name (default: FP32 perplexity, gap and "
                        "kurtosis)");
    command->add_flag("--json", options->json, "One JSON document on stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
