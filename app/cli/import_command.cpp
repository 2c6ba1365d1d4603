// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/command.h"
#include "core/trajectory/trajectory_import.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string file;
    std::string out;
};

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    GRIDSCOPE_TRY_ASSIGN(table, readReferenceTable(ops, options.file));
    GRIDSCOPE_TRY_ASSIGN(imported, importTrajectory(table));
    for (const std::string& note : imported.notes) printMessage("note: " + note);
    const auto rows = imported.trajectory.rows;
    const std::string notes = imported.trajectory.notes;
    GRIDSCOPE_TRY_ASSIGN(store,
                         TrajectoryStore::open(ops, options.out, std::move(imported.trajectory)));
    GRIDSCOPE_TRY(store->commit(rows));
    if (!notes.empty() && store->snapshot()->notes.empty()) {
        const auto saved = store->snapshot();
        GRIDSCOPE_TRY(store->setAnalysis(saved->phasesJson, saved->overridesJson, notes));
    }
    printMessage(std::to_string(rows.size()) + " rows, " +
                 std::to_string(store->snapshot()->gridIds.size()) + " grids written to " +
                 escapeForDisplay(options.out, 200));
    return ExitCode::Done;
}

}  // namespace

void addImportCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "import", "Make a trajectory of a table that was measured elsewhere (CSV)");
    command->footer(
        "Columns: step, optionally label and stage, and metrics by their schema names, such as\n"
        "fp32_ppl, fp32_ce, kurtosis_mean, learning_rate, a4g128:minmax.gap_percent,\n"
        "s8channel:absmax.ce. gap_percent and the like without a grid belong to a4g128:minmax.");
    command->add_option("file", options->file, "Comma-separated values")->required();
    command->add_option("--out", options->out, "Trajectory file to write or add to (.h5)")
        ->required();
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, nullptr};
    });
}

}  // namespace gridscope::app
