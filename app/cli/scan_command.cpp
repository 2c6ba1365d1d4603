// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "core/base/numbers.h"
#include "core/checkpoint/catalog.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string folder;
    bool json = false;
};

/// The folder of a checkpoint, or the file where one folder holds several.
std::filesystem::path placeOf(const CheckpointEntry& entry) {
    const bool isFile = entry.weightsFile.filename() == entry.label.text;
    return isFile ? entry.weightsFile : entry.folder;
}

nlohmann::json toJson(const CheckpointEntry& entry) {
    nlohmann::json problems = nlohmann::json::array();
    for (const Error& problem : entry.problems)
        problems.push_back({{"code", errorCodeText(problem.code)},
                            {"where", escapeForDisplay(problem.where, 4096)},
                            {"what", escapeForDisplay(problem.what, 300)},
                            {"hint", problem.hint}});
    nlohmann::json json = {{"label", escapeForDisplay(entry.label.text, 1024)},
                           {"step", nullptr},
                           {"stage", nullptr},
                           {"tokens_seen", nullptr},
                           {"path", escapeForDisplay(placeOf(entry).string(), 4096)},
                           {"format", entry.format},
                           {"dtype", entry.dtype},
                           {"parameters", entry.parameters},
                           {"bytes", entry.bytes},
                           {"problems", problems}};
    if (entry.label.step) json["step"] = entry.label.step->value;
    if (entry.label.stage) json["stage"] = *entry.label.stage;
    if (entry.label.tokensSeen) json["tokens_seen"] = *entry.label.tokensSeen;
    return json;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text + "  ";
}

std::string labelText(const CheckpointEntry& entry) {
    std::string text = escapeForDisplay(entry.label.text, 60);
    for (const std::string& alias : entry.aliases) text += " = " + escapeForDisplay(alias, 60);
    return text;
}

std::string entryText(const CheckpointEntry& entry) {
    std::string text = padded(labelText(entry), 24) +
                       padded(entry.label.step ? std::to_string(entry.label.step->value) : "-", 9) +
                       padded(entry.format.empty() ? "-" : entry.format, 17) +
                       padded(entry.dtype.empty() ? "-" : entry.dtype, 8) +
                       padded(std::to_string(entry.parameters), 12) + formatBytes(entry.bytes) +
                       "\n";
    for (const Error& problem : entry.problems) text += "    " + problem.toText() + "\n";
    for (const Warning& warning : entry.warnings) text += "    note: " + warning.what + "\n";
    return text;
}

std::string toText(const CheckpointCatalog& catalog) {
    std::string text = padded("label", 24) + padded("step", 9) + padded("format", 17) +
                       padded("dtype", 8) + padded("parameters", 12) + "size\n";
    std::size_t unusable = 0;
    for (const CheckpointRun& run : catalog.runs) {
        // One run needs no heading; of several each can be probed by its name.
        if (catalog.runs.size() > 1)
            text += "run " + escapeForDisplay(run.name, 200) +
                    (run.seed.empty() ? "" : ", " + escapeForDisplay(run.seed)) + "\n";
        for (const std::size_t index : run.entries) {
            text += entryText(catalog.entries[index]);
            unusable += catalog.entries[index].usable() ? 0u : 1u;
        }
    }
    text += std::to_string(catalog.entries.size()) + " checkpoints";
    if (catalog.runs.size() > 1) text += " in " + std::to_string(catalog.runs.size()) + " runs";
    if (unusable > 0) text += ", " + std::to_string(unusable) + " of them unusable";
    return text + "\n";
}

Expected<ExitCode> run(const Options& options) {
    ProgressLine progress;
    GRIDSCOPE_TRY_ASSIGN(catalog,
                         scanFolder(systemFileOps(), options.folder, progress, cancelToken()));
    if (options.json) {
        nlohmann::json checkpoints = nlohmann::json::array();
        for (const CheckpointEntry& entry : catalog.entries) checkpoints.push_back(toJson(entry));
        GRIDSCOPE_TRY(writeOutput(nlohmann::json{{"checkpoints", checkpoints}}.dump() + "\n"));
    } else {
        GRIDSCOPE_TRY(writeOutput(toText(catalog)));
    }
    return ExitCode::Done;
}

}  // namespace

void addScanCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("scan", "List the checkpoints of a folder");
    command->add_option("folder", options->folder, "Folder of checkpoints")->required();
    command->add_flag("--json", options->json, "One JSON document on stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
