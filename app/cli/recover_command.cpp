// SPDX-License-Identifier: GPL-3.0-or-later

#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/command.h"
#include "core/trajectory/recover_trajectory.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string file;
    std::string out;
};

Expected<ExitCode> recover(const Options& options) {
    GRIDSCOPE_TRY_ASSIGN(report, recoverTrajectory(systemFileOps(), options.file, options.out));
    std::string text = std::to_string(report.rowsKept) + " rows saved, " +
                       std::to_string(report.rowsLost) + " lost";
    if (!report.reason.empty()) text += ": " + report.reason;
    GRIDSCOPE_TRY(writeOutput(text + "\n"));
    return ExitCode::Done;
}

/// In a child process: the HDF5 library can crash on broken structure (reliability.md 5).
Expected<ExitCode> run(const Options& options) {
    const pid_t child = fork();
    if (child == 0) {
        auto outcome = recover(options);
        std::_Exit(static_cast<int>(outcome ? *outcome : reportError(outcome.error(), false)));
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return Error{ErrorCode::TrajectoryDamaged, options.file,
                     "is broken in a way that the HDF5 library does not survive",
                     "Use the .bak beside it, which holds the state before the last write"};
    return static_cast<ExitCode>(WEXITSTATUS(status));
}

}  // namespace

void addRecoverCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("recover", "Save the readable rows of a damaged trajectory");
    command->add_option("file", options->file, "Damaged trajectory (.h5)")->required();
    command->add_option("--out", options->out, "New file for what can be read")->required();
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, nullptr};
    });
}

}  // namespace gridscope::app
