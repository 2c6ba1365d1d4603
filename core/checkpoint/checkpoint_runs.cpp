// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/checkpoint_runs.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>

#include "core/checkpoint/known_families.h"

namespace gridscope {

namespace {

constexpr std::int64_t kPythiaLastStep = 143'000;
constexpr std::size_t kHashDigits = 8;
constexpr std::size_t kRunsShown = 5;

using Entries = std::vector<CheckpointEntry>;

bool isUnresolvedAlias(const CheckpointEntry& entry) {
    return !entry.label.step && isAliasName(entry.label.text);
}

bool sameWeights(const CheckpointEntry& a, const CheckpointEntry& b) {
    return (!a.commit.empty() && a.commit == b.commit) ||
           (!a.weightsIdentity.empty() && a.weightsIdentity == b.weightsIdentity);
}

/// Takes rows out that are another name of a row with a step.
void mergeAliases(Entries& entries) {
    const auto isMerged = [&](const CheckpointEntry& entry) {
        if (!isUnresolvedAlias(entry)) return false;
        const auto twin = std::find_if(entries.begin(), entries.end(), [&](const auto& other) {
            return other.run == entry.run && other.label.step && sameWeights(other, entry);
        });
        if (twin == entries.end()) return false;
        twin->aliases.push_back(entry.label.text);
        return true;
    };
    std::vector<bool> merged;
    for (const CheckpointEntry& entry : entries) merged.push_back(isMerged(entry));
    std::size_t index = 0;
    std::erase_if(entries, [&](const CheckpointEntry&) { return merged[index++]; });
}

/// The main branch of a Pythia model is step 143000, where no row of its run has that step.
void resolvePythiaMain(Entries& entries) {
    for (CheckpointEntry& entry : entries) {
        if (!isUnresolvedAlias(entry) || !entry.config || !isPythiaConfig(*entry.config)) continue;
        const bool taken = std::any_of(entries.begin(), entries.end(), [&](const auto& other) {
            return other.run == entry.run && other.label.step &&
                   other.label.step->value == kPythiaLastStep;
        });
        if (taken) continue;
        entry.label.step = TrainingStep{kPythiaLastStep};
        entry.label.stageRank = 0;
    }
}

void fillTokens(Entries& entries) {
    for (CheckpointEntry& entry : entries)
        entry.label.tokensSeen =
            familyTokensSeen(entry.run, entry.config ? &*entry.config : nullptr, entry.label);
}

/// Steps that restart with a stage go on from the largest place of the stage before.
void fillPositions(Entries& entries) {
    std::map<std::string, std::map<int, std::int64_t>> largest;  // run, stage rank
    for (CheckpointEntry& entry : entries) {
        if (!entry.label.step) continue;
        std::map<int, std::int64_t>& ranks = largest[entry.run];
        std::int64_t start = 0;
        const auto here = ranks.lower_bound(entry.label.stageRank);
        const bool restarts = entry.label.restartsWithStage && entry.label.stage.value_or(0) >= 2;
        if (restarts && here != ranks.begin()) start = std::prev(here)->second;
        std::int64_t place = entry.label.step->value;
        if (place <= std::numeric_limits<std::int64_t>::max() - start) place += start;
        entry.position = TrainingStep{place};
        std::int64_t& most = ranks[entry.label.stageRank];
        most = std::max(most, place);
    }
}

/// Warns where two rows of a run claim one place in training, or are of different models.
void compareNeighbours(Entries& entries) {
    std::map<std::string, const CheckpointEntry*> first;  // of a run, with a configuration
    for (std::size_t i = 0; i < entries.size(); ++i) {
        CheckpointEntry& entry = entries[i];
        const CheckpointEntry* before = i > 0 ? &entries[i - 1] : nullptr;
        if (before != nullptr && before->run == entry.run && entry.label.step &&
            entry.label.step == before->label.step &&
            entry.label.stageRank == before->label.stageRank &&
            entry.label.ingredient == before->label.ingredient)
            entry.warnings.push_back({ErrorCode::SuiteDuplicateStep, entry.folder.string(),
                                      "has the same step as " + before->folder.string()});
        if (!entry.config) continue;
        const CheckpointEntry* model = first.emplace(entry.run, &entry).first->second;
        if (configHash(*model->config) != configHash(*entry.config))
            entry.warnings.push_back({ErrorCode::SuiteMixedModels, entry.folder.string(),
                                      "is another model than " + model->folder.string()});
    }
}

/// A row that cannot be probed opens no run of its own, so that it costs nothing but itself.
std::vector<CheckpointRun> groupRuns(const Entries& entries) {
    std::vector<CheckpointRun> runs;
    std::vector<std::string> names;  // [runs] without the hash
    const auto runOf = [&](const std::string& name, const std::string& hash) {
        for (std::size_t r = 0; r < runs.size(); ++r) {
            if (names[r] == name && (hash.empty() || runs[r].configHash == hash)) return r;
        }
        runs.push_back({name, seedOfRun(name), hash, {}});
        names.push_back(name);
        return runs.size() - 1;
    };
    for (const CheckpointEntry& entry : entries) {
        if (entry.usable()) runOf(entry.run, configHash(*entry.config));
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const CheckpointEntry& entry = entries[i];
        runs[runOf(entry.run, entry.usable() ? configHash(*entry.config) : std::string())]
            .entries.push_back(i);
    }
    for (std::size_t r = 0; r < runs.size(); ++r) {
        if (std::count(names.begin(), names.end(), names[r]) > 1)
            runs[r].name += "@" + runs[r].configHash.substr(0, kHashDigits);
    }
    return runs;
}

std::string listed(const std::vector<const CheckpointRun*>& runs) {
    std::string text;
    for (std::size_t i = 0; i < std::min(runs.size(), kRunsShown); ++i)
        text += (i == 0 ? "" : ", ") + escapeForDisplay(runs[i]->name) + " (" +
                std::to_string(runs[i]->entries.size()) + ")";
    return runs.size() > kRunsShown ? text + " ..." : text;
}

enum class Counted { Usable, All };

/// The runs that selected entries belong to.
std::vector<const CheckpointRun*> runsOf(const CheckpointCatalog& catalog,
                                         const std::vector<std::size_t>& selection,
                                         Counted counted) {
    const std::set<std::size_t> selected(selection.begin(), selection.end());
    std::vector<const CheckpointRun*> runs;
    for (const CheckpointRun& run : catalog.runs) {
        const bool used =
            std::any_of(run.entries.begin(), run.entries.end(), [&](std::size_t index) {
                return selected.count(index) > 0 &&
                       (counted == Counted::All || catalog.entries[index].usable());
            });
        if (used) runs.push_back(&run);
    }
    return runs;
}

}  // namespace

std::string seedOfRun(std::string_view runName) {
    const std::size_t end = runName.find_last_not_of("0123456789");
    if (end == std::string_view::npos || end + 1 == runName.size()) return {};
    const std::string_view words = runName.substr(0, end + 1);
    for (const std::string_view kind : {"data-seed", "weight-seed", "seed"}) {
        if (!words.ends_with(kind) || words.size() == kind.size()) continue;
        const std::size_t begin = words.size() - kind.size();
        const char before = runName[begin - 1];
        if (before == '-' || before == '/') return std::string(runName.substr(begin));
    }
    return {};
}

bool isPythiaConfig(const ModelConfig& config) {
    struct Size {
        std::int64_t layers, hidden, heads, rows;
    };
    constexpr std::array<Size, 10> kSizes{{{6, 128, 4, 50304},
                                           {6, 256, 8, 50304},
                                           {6, 512, 8, 50304},
                                           {12, 768, 12, 50304},
                                           {24, 1024, 16, 50304},
                                           {16, 2048, 8, 50304},
                                           {24, 2048, 16, 50304},
                                           {32, 2560, 32, 50304},
                                           {32, 4096, 32, 50432},
                                           {36, 5120, 40, 50688}}};
    return config.architecture == Architecture::GptNeox &&
           std::any_of(kSizes.begin(), kSizes.end(), [&](const Size& size) {
               return size.layers == config.layers && size.hidden == config.hidden &&
                      size.heads == config.heads && size.rows == config.vocabularyRows;
           });
}

void arrangeRuns(CheckpointCatalog& catalog) {
    Entries& entries = catalog.entries;
    mergeAliases(entries);
    resolvePythiaMain(entries);
    fillTokens(entries);
    std::stable_sort(entries.begin(), entries.end(),
                     [](const CheckpointEntry& a, const CheckpointEntry& b) {
                         if (a.run != b.run) return naturallyBefore(a.run, b.run);
                         return labelComesBefore(a.label, b.label);
                     });
    fillPositions(entries);
    compareNeighbours(entries);
    catalog.runs = groupRuns(entries);
}

Expected<CheckpointCatalog> catalogOfRun(const CheckpointCatalog& catalog, std::string_view name) {
    std::vector<const CheckpointRun*> all;
    for (const CheckpointRun& run : catalog.runs) {
        all.push_back(&run);
        if (run.name != name) continue;
        CheckpointCatalog part;
        part.root = catalog.root;
        part.runName = run.name;
        part.runs.push_back({run.name, run.seed, run.configHash, {}});
        for (const std::size_t index : run.entries) {
            part.runs[0].entries.push_back(part.entries.size());
            part.entries.push_back(catalog.entries[index]);
        }
        return part;
    }
    return Error{ErrorCode::SettingsRange, "--run " + escapeForDisplay(name),
                 "no run has this name; there are " + listed(all),
                 "List the runs with gridscope-cli scan"};
}

Expected<void> requireOneRun(const CheckpointCatalog& catalog,
                             const std::vector<std::size_t>& selection) {
    const auto runs = runsOf(catalog, selection, Counted::Usable);
    if (runs.size() < 2) return {};
    return Error{ErrorCode::SuiteMixedModels, catalog.root.string(),
                 "the selection spans " + std::to_string(runs.size()) + " runs: " + listed(runs),
                 "Choose one by --run NAME, by its folder or by --select"};
}

Expected<RunSelection> selectInRun(CheckpointCatalog catalog, std::string_view run,
                                   std::string_view expression) {
    if (!run.empty()) {
        GRIDSCOPE_TRY_ASSIGN(part, catalogOfRun(catalog, run));
        catalog = std::move(part);
    }
    GRIDSCOPE_TRY_ASSIGN(selection, selectCheckpoints(catalog, expression));
    GRIDSCOPE_TRY(requireOneRun(catalog, selection));
    if (catalog.runs.size() < 2) return RunSelection{std::move(catalog), std::move(selection)};
    auto runs = runsOf(catalog, selection, Counted::Usable);
    if (runs.empty()) runs = runsOf(catalog, selection, Counted::All);
    GRIDSCOPE_TRY_ASSIGN(part, catalogOfRun(catalog, runs.front()->name));
    GRIDSCOPE_TRY_ASSIGN(inside, selectCheckpoints(part, expression));
    return RunSelection{std::move(part), std::move(inside)};
}

}  // namespace gridscope
