// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/weights_choice.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "core/checkpoint/checkpoint_label.h"

namespace gridscope {

namespace {

struct KnownContainer {
    std::string_view name;
    std::string_view format;
};

// The first one present decides; a bad one is not replaced by the next (L05).
constexpr std::array<KnownContainer, 4> kContainers{
    {{"model.safetensors", "safetensors"},
     {"model.safetensors.index.json", "safetensors-index"},
     {"pytorch_model.bin", "pytorch"},
     {"pytorch_model.bin.index.json", "pytorch-index"}}};

// What trainers leave beside the weights.
constexpr std::array<std::string_view, 4> kTrainerState{"optimizer", "scheduler", "scaler",
                                                        "rng_state"};

bool endsWithOneOf(std::string_view name, std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return name.ends_with(ending); });
}

bool startsWithOneOf(std::string_view name, std::initializer_list<std::string_view> starts) {
    return std::any_of(starts.begin(), starts.end(),
                       [&](std::string_view start) { return name.starts_with(start); });
}

std::vector<std::string> loneCandidates(const std::vector<std::string>& names,
                                        std::initializer_list<std::string_view> endings) {
    std::vector<std::string> candidates;
    for (const std::string& name : names) {
        const bool state = std::any_of(kTrainerState.begin(), kTrainerState.end(),
                                       [&](std::string_view s) { return name.starts_with(s); });
        if (!name.starts_with('.') && !state && endsWithOneOf(name, endings))
            candidates.push_back(name);
    }
    std::sort(candidates.begin(), candidates.end(), naturallyBefore);
    return candidates;
}

Expected<std::optional<WeightsChoice>> onlyOne(const std::vector<std::string>& candidates,
                                               std::string_view format, std::string_view where) {
    if (candidates.size() == 1)
        return std::optional(WeightsChoice{candidates.front(), std::string(format), {}});
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(candidates.size(), 3); ++i)
        list += (i == 0 ? "" : ", ") + escapeForDisplay(candidates[i], 60);
    if (candidates.size() > 3) list += " ...";
    return Error{ErrorCode::ScanAmbiguous, std::string(where),
                 std::to_string(candidates.size()) + " files could hold the weights: " + list,
                 "Name the right one model.safetensors, or put each into a folder of its own"};
}

bool hasContainer(const std::vector<std::string>& names) {
    return std::any_of(kContainers.begin(), kContainers.end(), [&](const KnownContainer& known) {
        return std::find(names.begin(), names.end(), known.name) != names.end();
    });
}

}  // namespace

std::vector<std::string> archivesPerStep(const std::vector<std::string>& names) {
    if (hasContainer(names) || !loneCandidates(names, {".safetensors"}).empty()) return {};
    std::vector<std::string> archives = loneCandidates(names, {".pt", ".pth"});
    const bool labelled =
        std::all_of(archives.begin(), archives.end(), [](const std::string& name) {
            return parseCheckpointLabel(name).step.has_value() || isAliasName(name);
        });
    if (archives.size() < 2 || !labelled) archives.clear();
    return archives;
}

Expected<std::optional<WeightsChoice>> chooseWeights(const std::vector<std::string>& names,
                                                     std::string_view where) {
    std::optional<WeightsChoice> choice;
    for (const KnownContainer& container : kContainers) {
        if (std::find(names.begin(), names.end(), container.name) == names.end()) continue;
        if (choice)
            choice->ignored.emplace_back(container.name);
        else
            choice = WeightsChoice{std::string(container.name), std::string(container.format), {}};
    }
    if (choice) return choice;
    const std::vector<std::string> safetensors = loneCandidates(names, {".safetensors"});
    if (!safetensors.empty()) return onlyOne(safetensors, "safetensors", where);
    const std::vector<std::string> archives = loneCandidates(names, {".pt", ".pth"});
    const bool deepSpeed =
        std::any_of(archives.begin(), archives.end(), [](const std::string& name) {
            return startsWithOneOf(name,
                                   {"layer_", "zero_pp_rank_", "bf16_zero_pp_rank_", "mp_rank_"});
        });
    if (deepSpeed)
        return Error{ErrorCode::ScanUnsupported, std::string(where),
                     "is a DeepSpeed checkpoint in pieces, which needs conversion",
                     "Convert it to the Hugging Face layout first"};
    if (!archives.empty()) return onlyOne(archives, "pytorch", where);
    return std::optional<WeightsChoice>();
}

}  // namespace gridscope
