// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/folder_scan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/checkpoint/checkpoint_reader.h"
#include "core/checkpoint/folder_lister.h"
#include "core/checkpoint/hub_cache.h"
#include "core/checkpoint/hub_labels.h"
#include "core/checkpoint/weights_choice.h"

namespace gridscope {

namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 6;
constexpr std::string_view kConfigName = "config.json";
constexpr std::string_view kSnapshotsName = "snapshots";

bool isBareNumber(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A plain folder: its own label, or that of the folder above; the run is the folder above that.
CheckpointPlace placeOf(const fs::path& folder) {
    CheckpointPlace place;
    place.folder = folder;
    place.label = parseCheckpointLabel(leafName(folder));
    const fs::path parent = parentFolder(folder);
    place.run = leafName(parent);
    if (place.label.step) return place;
    // A bare number above the checkpoint is more often a date or a run than a step.
    CheckpointLabel above = parseCheckpointLabel(place.run);
    if (!above.step || isBareNumber(place.run)) return place;
    place.label = std::move(above);
    place.run = leafName(parentFolder(parent));
    return place;
}

/// The folder whose name is the run of a checkpoint in a plain folder.
fs::path runFolder(const CheckpointEntry& entry) {
    fs::path folder = entry.folder;
    // The label may be that of a file in the folder, of the folder, or of the one above.
    if (leafName(folder) == entry.label.text) return parentFolder(folder);
    folder = parentFolder(folder);
    return leafName(folder) == entry.label.text ? parentFolder(folder) : entry.folder;
}

/// "pythia-14m-seed1-step1000" beside "pythia-14m-seed2-step1000": where siblings have different
/// texts before their labels, these tell the runs apart. The number of an epoch does not.
void splitByPrefix(std::vector<CheckpointEntry>& entries) {
    const auto prefixOf = [](const CheckpointEntry& entry) {
        const std::string& prefix = entry.label.prefix;
        const bool inCache = !entry.commit.empty();
        return inCache || !entry.label.step || prefix.find("epoch") != std::string::npos
                   ? std::string()
                   : prefix;
    };
    std::map<fs::path, std::set<std::string>> prefixes;
    for (const CheckpointEntry& entry : entries) {
        if (!prefixOf(entry).empty()) prefixes[runFolder(entry)].insert(prefixOf(entry));
    }
    for (CheckpointEntry& entry : entries) {
        const std::string prefix = prefixOf(entry);
        if (!prefix.empty() && prefixes[runFolder(entry)].size() > 1) entry.run += "/" + prefix;
    }
}

class FolderScan {
public:
    FolderScan(FileOps& ops, ProgressSink& progress, const std::stop_token& stop)
        : m_ops(ops), m_progress(progress), m_stop(stop), m_lister(ops) {}

    Expected<void> run(const fs::path& root);
    std::vector<CheckpointEntry> takeEntries() { return std::move(m_entries); }

private:
    Expected<void> visit(const fs::path& folder, int depth);
    Expected<void> visitPlain(const fs::path& folder, const FolderListing& listing, int depth);
    Expected<void> visitFolders(const std::vector<fs::path>& folders, int depth);
    Expected<void> visitHub(const fs::path& modelFolder);
    Expected<void> visitSnapshot(const fs::path& folder, const SnapshotNaming& naming);
    void addArchives(const fs::path& folder, const std::vector<std::string>& archives);
    void addMissingRefs(const fs::path& modelFolder, const std::vector<HubRef>& refs,
                        const std::set<std::string>& present);
    Expected<void> unreadable(const CheckpointPlace& place, const Error& error);
    Expected<void> checkStop(const fs::path& folder) const;
    void add(CheckpointEntry entry);

    FileOps& m_ops;
    ProgressSink& m_progress;
    std::stop_token m_stop;
    FolderLister m_lister;
    std::vector<CheckpointEntry> m_entries;
};

Expected<void> FolderScan::checkStop(const fs::path& folder) const {
    if (!m_stop.stop_requested()) return {};
    return Error{ErrorCode::RunCancelled, folder.string(), "the scan was cancelled", {}};
}

void FolderScan::add(CheckpointEntry entry) {
    m_entries.push_back(std::move(entry));
    m_progress.report({"scan", m_entries.back().label.text, m_entries.size(), 0, 0.0});
}

/// A folder that cannot be listed costs one row; too many names end the scan.
Expected<void> FolderScan::unreadable(const CheckpointPlace& place, const Error& error) {
    if (error.code == ErrorCode::ScanTooLarge || error.code == ErrorCode::RunCancelled)
        return error;
    add(unreadableCheckpoint(place, error));
    return {};
}

/// Layout 4: the folder is the run, each archive a checkpoint.
void FolderScan::addArchives(const fs::path& folder, const std::vector<std::string>& archives) {
    for (const std::string& file : archives) {
        CheckpointPlace place;
        place.folder = folder;
        place.label = parseCheckpointLabel(file);
        place.run = leafName(folder);
        add(readCheckpoint(m_ops, place, std::optional(WeightsChoice{file, "pytorch", {}})));
    }
}

/// Those that a trainer names after a step.
std::vector<fs::path> stepFolders(const std::vector<fs::path>& folders) {
    std::vector<fs::path> chosen;
    for (const fs::path& folder : folders) {
        if (parseCheckpointLabel(leafName(folder)).step) chosen.push_back(folder);
    }
    return chosen;
}

Expected<void> FolderScan::visitFolders(const std::vector<fs::path>& folders, int depth) {
    for (const fs::path& inner : folders) GRIDSCOPE_TRY(visit(inner, depth));
    return {};
}

Expected<void> FolderScan::visitPlain(const fs::path& folder, const FolderListing& listing,
                                      int depth) {
    const auto archives = archivesPerStep(listing.files);
    if (!archives.empty()) {
        addArchives(folder, archives);
        if (depth >= kDeepest) return {};
        return visitFolders(stepFolders(listing.folders), depth + 1);
    }
    const auto choice = chooseWeights(listing.files, folder.string());
    const bool holdsWeights = !choice || choice->has_value();
    CheckpointPlace place = placeOf(folder);
    if (holdsWeights && choice && !place.label.step) {
        // A lone archive may carry the label that its folder lacks.
        CheckpointLabel ofFile = parseCheckpointLabel((*choice)->file);
        if (ofFile.step) {
            place.label = std::move(ofFile);
            place.run = leafName(folder);
        }
    }
    if (holdsWeights) add(readCheckpoint(m_ops, place, choice));
    // A trainer's output folder holds the last weights beside the folders of earlier steps; the
    // folder of a step holds at most pieces of its own training state.
    const std::size_t before = m_entries.size();
    const bool isStep = holdsWeights && m_entries.back().label.step.has_value();
    if (depth < kDeepest && (depth == 0 || !isStep)) {
        const bool all = depth == 0 || !holdsWeights;
        GRIDSCOPE_TRY(
            visitFolders(all ? listing.folders : stepFolders(listing.folders), depth + 1));
        if (holdsWeights && m_entries.size() > before) m_entries[before - 1].run = leafName(folder);
    }
    if (holdsWeights || m_entries.size() != before) return {};
    const bool named = parseCheckpointLabel(leafName(folder)).step.has_value();
    const bool configured =
        std::find(listing.files.begin(), listing.files.end(), kConfigName) != listing.files.end();
    if (configured || (named && depth > 0)) add(readCheckpoint(m_ops, place, choice));
    return {};
}

Expected<void> FolderScan::visit(const fs::path& folder, int depth) {
    GRIDSCOPE_TRY(checkStop(folder));
    auto listing = m_lister.list(folder);
    if (!listing) {
        if (depth == 0) return listing.error();
        return unreadable(placeOf(folder), listing.error());
    }
    if (!*listing) return {};
    const bool isHub =
        hubRepositoryName(leafName(folder)) &&
        std::any_of((*listing)->folders.begin(), (*listing)->folders.end(),
                    [](const fs::path& inner) { return inner.filename() == kSnapshotsName; });
    return isHub ? visitHub(folder) : visitPlain(folder, **listing, depth);
}

/// Refs whose snapshot is not in the cache; a damaged one is told apart by its own problem.
void FolderScan::addMissingRefs(const fs::path& modelFolder, const std::vector<HubRef>& refs,
                                const std::set<std::string>& present) {
    const std::string repository = *hubRepositoryName(leafName(modelFolder));
    for (const HubRef& ref : refs) {
        if (!ref.problem && present.count(ref.commit) > 0) continue;
        SnapshotName name = nameSnapshot({repository, ref.commit, {ref.name}, {}});
        const fs::path file = modelFolder / "refs" / ref.name;
        add(unreadableCheckpoint({file, std::move(name.label), std::move(name.run), ref.commit, {}},
                                 ref.problem.value_or(Error{
                                     ErrorCode::FileMissing, file.string(),
                                     "the revision is not downloaded: the cache has no snapshot " +
                                         ref.commit.substr(0, 12),
                                     "Fetch this revision"})));
    }
}

/// A models-- folder: one checkpoint per snapshot, named after the refs of its commit.
Expected<void> FolderScan::visitHub(const fs::path& modelFolder) {
    const std::string repository = *hubRepositoryName(leafName(modelFolder));
    const CheckpointPlace folderPlace{
        modelFolder, parseCheckpointLabel(leafName(modelFolder)), repository, {}, {}};
    const auto refs = readHubRefs(m_ops, m_lister, modelFolder);
    if (!refs) return unreadable(folderPlace, refs.error());
    const auto snapshots = m_lister.list(modelFolder / kSnapshotsName);
    if (!snapshots) return unreadable(folderPlace, snapshots.error());
    if (!*snapshots) return {};
    const std::string outer = leafName(parentFolder(modelFolder));
    // The folder around the cache names one checkpoint only.
    const bool namesOne = (*snapshots)->folders.size() == 1 && !isBareNumber(outer);
    std::set<std::string> present;
    for (const fs::path& snapshot : (*snapshots)->folders) {
        GRIDSCOPE_TRY(checkStop(snapshot));
        const std::string commit = snapshot.filename().string();
        present.insert(commit);
        SnapshotNaming naming{repository, commit, {}, namesOne ? outer : std::string()};
        for (const HubRef& ref : *refs) {
            if (!ref.problem && ref.commit == commit) naming.refs.push_back(ref.name);
        }
        GRIDSCOPE_TRY(visitSnapshot(snapshot, naming));
    }
    addMissingRefs(modelFolder, *refs, present);
    return {};
}

Expected<void> FolderScan::visitSnapshot(const fs::path& folder, const SnapshotNaming& naming) {
    SnapshotName name = nameSnapshot(naming);
    const CheckpointPlace place{folder, std::move(name.label), std::move(name.run), naming.commit,
                                std::move(name.aliases)};
    const auto listing = m_lister.list(folder);
    if (!listing) return unreadable(place, listing.error());
    if (!*listing) return {};
    const auto choice = chooseWeights((*listing)->files, folder.string());
    if (choice && !*choice && !(*listing)->folders.empty()) {
        // A repository that keeps its steps in folders of one revision.
        const std::size_t before = m_entries.size();
        GRIDSCOPE_TRY(visitFolders((*listing)->folders, kDeepest - 2));
        for (std::size_t i = before; i < m_entries.size(); ++i) m_entries[i].run = place.run;
        if (m_entries.size() > before) return {};
    }
    add(readCheckpoint(m_ops, place, choice));
    const std::size_t before = m_entries.size();
    GRIDSCOPE_TRY(visitFolders(stepFolders((*listing)->folders), kDeepest - 2));
    for (std::size_t i = before; i < m_entries.size(); ++i) m_entries[i].run = place.run;
    return {};
}

/// The root may be a snapshot itself, or the folder of the snapshots.
Expected<void> FolderScan::run(const fs::path& root) {
    const fs::path parent = parentFolder(root);
    if (leafName(root) == kSnapshotsName && hubRepositoryName(leafName(parent)))
        return visitHub(parent);
    const auto modelFolder = hubModelFolder(root);
    if (!modelFolder || leafName(parent) != kSnapshotsName) return visit(root, 0);
    GRIDSCOPE_TRY_ASSIGN(refs, readHubRefs(m_ops, m_lister, *modelFolder));
    SnapshotNaming naming{*hubRepositoryName(leafName(*modelFolder)), leafName(root), {}, {}};
    for (const HubRef& ref : refs) {
        if (!ref.problem && ref.commit == naming.commit) naming.refs.push_back(ref.name);
    }
    return visitSnapshot(root, naming);
}

}  // namespace

Expected<std::vector<CheckpointEntry>> collectCheckpoints(FileOps& ops, const fs::path& folder,
                                                          ProgressSink& progress,
                                                          const std::stop_token& stop) {
    FolderScan scan(ops, progress, stop);
    GRIDSCOPE_TRY(scan.run(folder));
    std::vector<CheckpointEntry> entries = scan.takeEntries();
    splitByPrefix(entries);
    return entries;
}

}  // namespace gridscope
