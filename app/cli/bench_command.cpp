// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "core/base/numbers.h"
#include "core/probe/engine_bench.h"

namespace gridscope::app {

namespace {

struct Options {
    BenchSettings settings;
    bool json = false;
};

Expected<ExitCode> run(const Options& options) {
    BenchSettings settings = options.settings;
    std::error_code failed;
    settings.folder = std::filesystem::temp_directory_path(failed);
    std::vector<BenchLine> lines;
    {
        ProgressLine progress;
        GRIDSCOPE_TRY_ASSIGN(measured,
                             runEngineBench(systemFileOps(), settings, progress, cancelToken()));
        lines = std::move(measured);
    }
    nlohmann::json json = nlohmann::json::array();
    std::string text;
    for (const BenchLine& line : lines) {
        json.push_back({{"what", line.what},
                        {"against", line.against},
                        {"seconds", line.seconds},
                        {"limit_seconds", line.limitSeconds},
                        {"ratio", line.ratio},
                        {"target", line.target}});
        text += line.what + ": " + formatFixed(line.seconds, 3) + " s, " + line.against + ": " +
                formatFixed(line.limitSeconds, 3) + " s, ratio " + formatFixed(line.ratio, 2) +
                " (wanted " + line.target + ")\n";
    }
    GRIDSCOPE_TRY(writeOutput(options.json ? nlohmann::json{{"lines", json}}.dump() + "\n" : text));
    return ExitCode::Done;
}

}  // namespace

void addBenchCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("bench", "Measure the engine against what the machine gives");
    command->add_option("--shape", options->settings.shape, "pythia-14m, pythia-70m, pythia-160m")
        ->capture_default_str();
    command->add_option("--threads", options->settings.threads, "Threads (0 = all cores)")
        ->capture_default_str();
    command->add_option("--windows", options->settings.windows, "Windows of 512 tokens")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    command->add_flag("--json", options->json, "One JSON document on stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
