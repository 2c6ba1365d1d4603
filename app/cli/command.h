// SPDX-License-Identifier: GPL-3.0-or-later

// What the sub-commands of gridscope-cli share: registration, errors, output, signals.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/cli/exit_code.h"
#include "core/base/expected.h"

namespace CLI {
class App;
}

namespace gridscope::app {

/// What a sub-command runs once its options are parsed.
using CommandBody = std::function<Expected<ExitCode>()>;

/// A parsed command line: the chosen sub-command's body, and whether it speaks JSON.
struct CommandChoice {
    CommandBody body;
    const bool* json = nullptr;  ///< the --json flag of the chosen command; null if it has none
};

/// Each adds its sub-command to `app` and sets `choice` when it was chosen.
void addScanCommand(CLI::App& app, CommandChoice& choice);
void addProbeCommand(CLI::App& app, CommandChoice& choice);
void addScoreCommand(CLI::App& app, CommandChoice& choice);
void addTokenizeCommand(CLI::App& app, CommandChoice& choice);
void addShowCommand(CLI::App& app, CommandChoice& choice);
void addPhasesCommand(CLI::App& app, CommandChoice& choice);
void addVerifyCommand(CLI::App& app, CommandChoice& choice);
void addScheduleCommand(CLI::App& app, CommandChoice& choice);
void addTrainCommand(CLI::App& app, CommandChoice& choice);
void addForkCommand(CLI::App& app, CommandChoice& choice);
void addDemoCommand(CLI::App& app, CommandChoice& choice);
void addRecoverCommand(CLI::App& app, CommandChoice& choice);
void addBenchCommand(CLI::App& app, CommandChoice& choice);
void addImportCommand(CLI::App& app, CommandChoice& choice);
void addMonitorCommand(CLI::App& app, CommandChoice& choice);
void addWatchCommand(CLI::App& app, CommandChoice& choice);
void addForkReportCommand(CLI::App& app, CommandChoice& choice);

/// Writes data to stdout, all of it. Errors: file.write.
Expected<void> writeOutput(std::string_view text);
/// One line for people to stderr.
void printMessage(std::string_view text);

/// {"error":{"code","where","what","hint"}} on stdout for `json`, else a line on stderr.
ExitCode reportError(const Error& error, bool json);

/// Requested by SIGINT and SIGTERM; a second SIGINT ends the program at once.
std::stop_token cancelToken();
/// Requested by SIGUSR1: finish the row, then end (batch systems).
std::stop_token finishRowToken();

}  // namespace gridscope::app
