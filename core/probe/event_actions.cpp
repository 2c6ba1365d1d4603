// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/event_actions.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/base/progress.h"
#include "core/base/step_text.h"
#include "core/base/user_command.h"
#include "core/checkpoint/catalog.h"
#include "core/checkpoint/keep_best.h"

namespace gridscope {

namespace {

namespace fs = std::filesystem;

std::string knownNumber(double value) { return std::isnan(value) ? "" : formatNumber(value); }

/// The environment is bytes: paths go into it as they are.
CommandVariables variablesOf(const EventActions& actions, const TrainingEvent& event,
                             const fs::path& kept) {
    return {{"GRIDSCOPE_EVENT", event.kind},
            {"GRIDSCOPE_STEP", formatStep(event.step)},
            {"GRIDSCOPE_NOTICED_AT", formatStep(event.noticedAt)},
            {"GRIDSCOPE_LOSS", knownNumber(event.loss)},
            {"GRIDSCOPE_PPL", knownNumber(std::exp(event.loss))},
            {"GRIDSCOPE_CONFIDENCE", knownNumber(event.confidence)},
            {"GRIDSCOPE_GAP_PERCENT", knownNumber(event.gapPercent)},
            {"GRIDSCOPE_SOURCE", event.source.string()},
            {"GRIDSCOPE_CHECKPOINT", event.bestCheckpoint.string()},
            {"GRIDSCOPE_KEPT", kept.string()},
            {"GRIDSCOPE_MARKER", actions.marker.string()}};
}

}  // namespace

std::string eventToJson(const TrainingEvent& event) {
    const nlohmann::ordered_json json = {
        {"kind", event.kind},
        {"step", event.step},
        {"noticed_at", event.noticedAt},
        {"loss", event.loss},
        {"ppl", std::exp(event.loss)},
        {"confidence", event.confidence},
        {"gap_percent", event.gapPercent},
        {"source", escapeForDisplay(event.source.string(), 4096)},
        {"checkpoint", escapeForDisplay(event.bestCheckpoint.string(), 4096)}};
    return json.dump(2) + "\n";
}

std::optional<std::string> keepAndTell(FileOps& ops, const fs::path& checkpoint,
                                       const fs::path& into) {
    const auto kept = keepBest(ops, checkpoint, into);
    if (!kept) return "the best checkpoint could not be kept: " + kept.error().toText();
    if (kept->present) return std::nullopt;
    return "kept " + escapeForDisplay(kept->folder.string(), 200) +
           (kept->linked ? " (hard links)" : " (copy)");
}

std::vector<std::string> carryOut(FileOps& ops, const EventActions& actions,
                                  const TrainingEvent& event) {
    std::vector<std::string> told;
    fs::path kept;
    if (!actions.keepBest.empty()) {
        if (event.bestCheckpoint.empty()) {
            told.push_back("no checkpoint of step " + formatStep(event.step) +
                           " was found to keep");
        } else {
            kept = actions.keepBest / event.bestCheckpoint.filename();
            if (auto text = keepAndTell(ops, event.bestCheckpoint, actions.keepBest))
                told.push_back(*text);
        }
    }
    if (!actions.marker.empty()) {
        const auto written = writeFileAtomically(ops, actions.marker, eventToJson(event));
        told.push_back(written ? "wrote " + escapeForDisplay(actions.marker.string(), 200)
                               : "the marker could not be written: " + written.error().toText());
    }
    if (!actions.command.empty()) {
        const auto status = runUserCommand(actions.command, variablesOf(actions, event, kept));
        told.push_back(status ? "the command ended with " + std::to_string(*status)
                              : "the command failed: " + status.error().toText());
    }
    return told;
}

fs::path findCheckpoint(FileOps& ops, const fs::path& folder, double step) {
    NullProgress silent;
    std::error_code ignored;
    // Through a name inside: an empty folder (of a file in the working directory) has no absolute
    // path, and one that ends in a slash is its own parent.
    const fs::path own = fs::absolute(folder / "x", ignored).lexically_normal().parent_path();
    for (const fs::path& place : {own, own.parent_path()}) {
        const auto catalog = scanFolder(ops, place, silent, {});
        if (!catalog) continue;
        for (const CheckpointEntry& entry : catalog->entries) {
            if (entry.usable() && entry.label.step &&
                static_cast<double>(entry.label.step->value) == step)
                return entry.folder;
        }
    }
    return {};
}

}  // namespace gridscope
