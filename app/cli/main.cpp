// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <string_view>

#include "app/cli/command.h"
#include "core/base/version.h"

namespace {

using namespace gridscope;
using namespace gridscope::app;

int run(int argc, char** argv) {
    CLI::App app("Gridscope: how INT4 robustness changes over the checkpoints of a training run.",
                 "gridscope-cli");
    app.set_version_flag("--version", std::string("gridscope ") + kVersion);
    app.require_subcommand(1);
    app.footer(
        "First steps:  gridscope-cli demo --out demo      trains, probes and shows a small suite\n"
        "              gridscope-cli probe FOLDER --text FILE --out run.h5\n"
        "Exit codes:   0 done, 2 usage, 3 some checkpoints failed, 4 input unusable,\n"
        "              5 storage failure, 130 cancelled");
    CommandChoice choice;
    addScanCommand(app, choice);
    addProbeCommand(app, choice);
    addShowCommand(app, choice);
    addPhasesCommand(app, choice);
    addScoreCommand(app, choice);
    addTokenizeCommand(app, choice);
    addScheduleCommand(app, choice);
    addTrainCommand(app, choice);
    addDemoCommand(app, choice);
    addVerifyCommand(app, choice);
    addRecoverCommand(app, choice);
    addBenchCommand(app, choice);
    addImportCommand(app, choice);
    addMonitorCommand(app, choice);
    addWatchCommand(app, choice);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& failure) {
        // Help and version end with 0; everything else is wrong usage.
        const bool json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
        if (failure.get_exit_code() == 0 || !json)
            return app.exit(failure) == 0 ? static_cast<int>(ExitCode::Done)
                                          : static_cast<int>(ExitCode::Usage);
        return static_cast<int>(reportError(
            {ErrorCode::SettingsSyntax, "command line", failure.what(), "See --help"}, true));
    }
    const bool json = choice.json != nullptr && *choice.json;
    auto outcome = choice.body();
    if (!outcome) return static_cast<int>(reportError(outcome.error(), json));
    return static_cast<int>(*outcome);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        // Started first, so that every later thread inherits the blocked signals.
        static_cast<void>(cancelToken());
        return run(argc, argv);
    } catch (const std::exception& failure) {
        return static_cast<int>(
            reportError({ErrorCode::Internal, {}, failure.what(), "Please report this"}, false));
    }
}
