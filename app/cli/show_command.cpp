// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/command.h"
#include "core/trajectory/trajectory_export.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string file;
    bool json = false;
    bool csv = false;
    bool layers = false;
};

Expected<ExitCode> run(const Options& options) {
    GRIDSCOPE_TRY_ASSIGN(loaded, readTrajectory(systemFileOps(), options.file));
    for (const Warning& warning : loaded.warnings) printMessage("note: " + warning.what);
    if (options.layers && !options.json && !options.csv)
        return Error{ErrorCode::SettingsSyntax, "--layers", "needs --json or --csv",
                     "The table has one line per checkpoint"};
    const LayerDetail detail = options.layers ? LayerDetail::With : LayerDetail::Without;
    const Trajectory& trajectory = *loaded.trajectory;
    std::string text = options.json  ? trajectoryToJson(trajectory, detail)
                       : options.csv ? trajectoryToCsv(trajectory, detail)
                                     : trajectoryToTable(trajectory);
    GRIDSCOPE_TRY(writeOutput(text));
    return ExitCode::Done;
}

}  // namespace

void addShowCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("show", "Print the table of a trajectory");
    command->add_option("file", options->file, "Trajectory (.h5)")->required();
    CLI::Option* json = command->add_flag("--json", options->json, "One JSON document on stdout");
    command->add_flag("--csv", options->csv, "Comma-separated values")->excludes(json);
    command->add_flag("--layers", options->layers,
                      "With the values of every matrix (with --json or --csv)");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
