// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/cli/command.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope::app {

namespace {

Expected<ExitCode> run(const std::string& file) {
    // Reading is verifying: every dataset, every length, every row checksum.
    GRIDSCOPE_TRY_ASSIGN(loaded, readTrajectory(systemFileOps(), file));
    const auto& rows = loaded.trajectory->rows;
    const auto complete = std::count_if(rows.begin(), rows.end(), [](const auto& row) {
        return row->status == RowStatus::Complete;
    });
    for (const Warning& warning : loaded.warnings) printMessage("note: " + warning.what);
    GRIDSCOPE_TRY(writeOutput("sound: " + std::to_string(rows.size()) + " rows, " +
                              std::to_string(complete) + " complete, " +
                              std::to_string(loaded.trajectory->layers.size()) + " matrices, " +
                              std::to_string(loaded.trajectory->gridIds.size()) + " grids\n"));
    return ExitCode::Done;
}

}  // namespace

void addVerifyCommand(CLI::App& app, CommandChoice& choice) {
    auto file = std::make_shared<std::string>();
    CLI::App* command =
        app.add_subcommand("verify", "Read every value of a trajectory and check every row");
    command->add_option("file", *file, "Trajectory (.h5)")->required();
    command->callback([file, &choice] { choice = {[file] { return run(*file); }, nullptr}; });
}

}  // namespace gridscope::app
