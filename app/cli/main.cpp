// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "app/cli/command.h"
#include "core/base/version.h"

namespace {

using namespace gridscope;
using namespace gridscope::app;

/// Edits (insertions, deletions, replacements) between two words.
std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

/// What is wrong with a first word that names no command, and which one it may have meant.
std::optional<Error> unknownCommand(const CLI::App& app, std::string_view word) {
    if (word.empty() || word.starts_with('-')) return std::nullopt;
    constexpr std::size_t kNear = 2;
    std::size_t best = kNear + 1;
    std::string hint = "gridscope-cli --help lists the commands";
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        const std::size_t distance = editDistance(word, command->get_name());
        if (distance == 0) return std::nullopt;
        if (distance >= best) continue;
        best = distance;
        hint = "Did you mean " + command->get_name() + "?";
    }
    return Error{ErrorCode::SettingsSyntax, "command line",
                 "there is no command " + escapeForDisplay(word), hint};
}

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
    addForkCommand(app, choice);
    addDemoCommand(app, choice);
    addVerifyCommand(app, choice);
    addRecoverCommand(app, choice);
    addBenchCommand(app, choice);
    addImportCommand(app, choice);
    addMonitorCommand(app, choice);
    addWatchCommand(app, choice);
    addForkReportCommand(app, choice);
    const bool wantsJson = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    if (const auto error = unknownCommand(app, argc > 1 ? argv[1] : ""))
        return static_cast<int>(reportError(*error, wantsJson));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& failure) {
        // Help and version end with 0; everything else is wrong usage.
        if (failure.get_exit_code() == 0 || !wantsJson)
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
