// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/catalog.h"

#include <fcntl.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/checkpoint/checkpoint_check.h"
#include "core/checkpoint/file_type.h"
#include "core/checkpoint/tensor_source.h"
#include "core/checkpoint/weights_choice.h"

namespace gridscope {

namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 6;
constexpr std::uint64_t kMostNames = 1'000'000;
constexpr std::uint64_t kLargestConfig = std::uint64_t{1} << 20;
constexpr std::string_view kConfigName = "config.json";

struct FolderListing {
    std::vector<std::string> files;  ///< everything that is no folder, native bytes
    std::vector<fs::path> folders;   ///< real ones, no links, none hidden
};

std::string leafName(const fs::path& folder) {
    std::error_code ignored;
    fs::path whole = fs::absolute(folder, ignored).lexically_normal();
    if (whole.filename().empty()) whole = whole.parent_path();
    return whole.filename().string();
}

fs::path parentOf(const fs::path& folder) {
    std::error_code ignored;
    fs::path whole = fs::absolute(folder, ignored).lexically_normal();
    if (whole.filename().empty()) whole = whole.parent_path();
    return whole.parent_path();
}

/// The label of a folder; a name without a step takes that of its parent folder.
CheckpointLabel labelOf(const fs::path& folder) {
    CheckpointLabel own = parseCheckpointLabel(leafName(folder));
    if (own.step) return own;
    const std::string parent = leafName(parentOf(folder));
    // A bare number above the checkpoint is more often a date or a run than a step.
    const bool bareNumber = parent.find_first_not_of("0123456789") == std::string::npos;
    CheckpointLabel above = parseCheckpointLabel(parent);
    return above.step && !bareNumber ? above : own;
}

class FolderScan {
public:
    FolderScan(FileOps& ops, ProgressSink& progress, std::stop_token stop)
        : m_ops(ops), m_progress(progress), m_stop(std::move(stop)) {}

    Expected<void> visit(const fs::path& folder, int depth);
    std::vector<CheckpointEntry> takeEntries() { return std::move(m_entries); }

private:
    Expected<bool> isNew(const fs::path& folder);
    Expected<FolderListing> list(const fs::path& folder);
    CheckpointEntry readEntry(const fs::path& folder, const FolderListing& listing,
                              const Expected<std::optional<WeightsChoice>>& choice);
    void readConfig(CheckpointEntry& entry);
    void readWeights(CheckpointEntry& entry, const WeightsChoice& choice);
    void add(CheckpointEntry entry);
    void addUnreadable(const fs::path& folder, const Error& error);

    FileOps& m_ops;
    ProgressSink& m_progress;
    std::stop_token m_stop;
    std::set<std::pair<std::uint64_t, std::uint64_t>> m_seen;  ///< (device, inode) of folders
    std::uint64_t m_names = 0;
    std::vector<CheckpointEntry> m_entries;
};

/// False for a folder that was visited under another name. Errors: scan.not-folder, file.*.
Expected<bool> FolderScan::isNew(const fs::path& folder) {
    const int descriptor = m_ops.open(folder, O_RDONLY | O_NONBLOCK, 0);
    if (descriptor < 0) return fileError(folder, "open", -descriptor);
    const File handle(m_ops, descriptor);
    const auto status = handle.status();
    if (!status) return status.error().inside(folder.string());
    if (!status->isFolder)
        return Error{ErrorCode::ScanNotFolder, folder.string(), "is a file, a folder is needed",
                     "Choose the folder that holds it"};
    return m_seen.emplace(status->device, status->inode).second;
}

/// Listed by std::filesystem, which keeps names that are not UTF-8 (F02).
Expected<FolderListing> FolderScan::list(const fs::path& folder) {
    FolderListing listing;
    std::error_code error;
    fs::directory_iterator item(folder, error);
    for (; !error && item != fs::directory_iterator(); item.increment(error)) {
        if (++m_names > kMostNames)
            return Error{ErrorCode::ScanTooLarge, folder.string(),
                         "more than " + std::to_string(kMostNames) + " names below the folder",
                         "Choose a folder nearer to the checkpoints"};
        std::error_code ignored;
        const std::string name = item->path().filename().string();
        if (!item->is_directory(ignored))
            listing.files.push_back(name);
        else if (!item->is_symlink(ignored) && !name.starts_with('.'))
            listing.folders.push_back(item->path());
    }
    if (error) return fileError(folder, "list", error.value());
    std::sort(listing.folders.begin(), listing.folders.end(),
              [](const fs::path& a, const fs::path& b) {
                  return naturallyBefore(a.filename().string(), b.filename().string());
              });
    return listing;
}

void FolderScan::add(CheckpointEntry entry) {
    m_entries.push_back(std::move(entry));
    m_progress.report({"scan", m_entries.back().label.text, m_entries.size(), 0, 0.0});
}

void FolderScan::addUnreadable(const fs::path& folder, const Error& error) {
    CheckpointEntry entry;
    entry.label = labelOf(folder);
    entry.folder = folder;
    entry.problems.push_back(error);
    add(std::move(entry));
}

void FolderScan::readConfig(CheckpointEntry& entry) {
    auto text = readWholeFile(m_ops, entry.folder / kConfigName, kLargestConfig);
    entry.configFile = entry.folder / kConfigName;
    if (!text && text.error().code == ErrorCode::FileMissing) {
        const fs::path shared = parentOf(entry.folder) / kConfigName;
        text = readWholeFile(m_ops, shared, kLargestConfig);
        if (text) {
            entry.configFile = shared;
            entry.warnings.push_back({ErrorCode::ConfigMissing, entry.folder.string(),
                                      "the config.json of the parent folder is used"});
        }
    }
    if (!text) {
        Error error = text.error();
        if (error.code == ErrorCode::FileMissing) {
            error.code = ErrorCode::ConfigMissing;
            error.where = entry.configFile.string();
        } else if (error.code == ErrorCode::FileTooLarge) {
            error.code = ErrorCode::ConfigTooLarge;
        }
        entry.problems.push_back(std::move(error));
        return;
    }
    if (auto standIn = standInError(*text, entry.configFile.string())) {
        entry.problems.push_back(*std::move(standIn));
        return;
    }
    auto config = parseModelConfig(*text, entry.configFile.string());
    if (!config) {
        entry.problems.push_back(config.error());
        return;
    }
    entry.warnings.insert(entry.warnings.end(), config->warnings.begin(), config->warnings.end());
    entry.config = *std::move(config);
}

bool isBuffer(const std::optional<ModelConfig>& config, std::string_view name) {
    if (config) return isIgnoredBuffer(config->architecture, name);
    return isIgnoredBuffer(Architecture::GptNeox, name) ||
           isIgnoredBuffer(Architecture::Gpt2, name) || isIgnoredBuffer(Architecture::Llama, name);
}

void describeTensors(CheckpointEntry& entry, const std::vector<TensorInfo>& tensors) {
    std::set<Dtype> dtypes;
    for (const TensorInfo& tensor : tensors) {
        if (isBuffer(entry.config, tensor.name)) continue;
        entry.parameters += tensor.elements;
        dtypes.insert(tensor.dtype);
    }
    for (const Dtype dtype : dtypes)
        entry.dtype += (entry.dtype.empty() ? "" : "+") + std::string(dtypeName(dtype));
    if (!entry.config) return;
    if (auto checked = checkTensors(*entry.config, tensors, entry.weightsFile.string()); !checked)
        entry.problems.push_back(checked.error());
}

void FolderScan::readWeights(CheckpointEntry& entry, const WeightsChoice& choice) {
    entry.weightsFile = entry.folder / choice.file;
    entry.format = choice.format;
    for (const std::string& other : choice.ignored)
        entry.warnings.push_back({ErrorCode::ScanAmbiguous, (entry.folder / other).string(),
                                  "is not used, " + choice.file + " goes first"});
    if (entry.config && !entry.config->weightsFile.empty() &&
        entry.config->weightsFile != choice.file)
        entry.problems.push_back({ErrorCode::ScanAmbiguous,
                                  entry.configFile.string() + ", transformers_weights",
                                  "names " + escapeForDisplay(entry.config->weightsFile) +
                                      ", the folder is read from " + choice.file,
                                  "Remove the file that does not belong here"});
    if (auto file = openForReading(m_ops, entry.weightsFile)) {
        if (const auto status = file->status()) entry.bytes = status->sizeBytes;
    }
    auto source = openTensorSource(m_ops, entry.weightsFile);
    if (source)
        describeTensors(entry, (*source)->tensors());
    else
        entry.problems.push_back(source.error());
}

CheckpointEntry FolderScan::readEntry(const fs::path& folder, const FolderListing& listing,
                                      const Expected<std::optional<WeightsChoice>>& choice) {
    CheckpointEntry entry;
    entry.label = labelOf(folder);
    entry.folder = folder;
    readConfig(entry);
    if (!choice)
        entry.problems.push_back(choice.error());
    else if (*choice)
        readWeights(entry, **choice);
    else
        entry.problems.push_back({ErrorCode::FileMissing, folder.string(),
                                  "the folder holds no weights among its " +
                                      std::to_string(listing.files.size()) + " files",
                                  "Fetch the checkpoint again"});
    return entry;
}

Expected<void> FolderScan::visit(const fs::path& folder, int depth) {
    if (m_stop.stop_requested())
        return Error{ErrorCode::RunCancelled, folder.string(), "the scan was cancelled", {}};
    const auto fresh = isNew(folder);
    auto listing = fresh && *fresh ? list(folder) : Expected<FolderListing>(FolderListing{});
    const Error* failed = !fresh ? &fresh.error() : !listing ? &listing.error() : nullptr;
    if (failed != nullptr) {
        if (depth == 0 || failed->code == ErrorCode::ScanTooLarge) return *failed;
        addUnreadable(folder, *failed);
        return {};
    }
    if (!*fresh) return {};
    const auto choice = chooseWeights(listing->files, folder.string());
    const bool holdsWeights = !choice || choice->has_value();
    if (holdsWeights) add(readEntry(folder, *listing, choice));
    // A trainer's output folder holds the last weights beside the folders of earlier steps.
    const std::size_t before = m_entries.size();
    if (depth < kDeepest && (!holdsWeights || depth == 0)) {
        for (const fs::path& inner : listing->folders) GRIDSCOPE_TRY(visit(inner, depth + 1));
    }
    if (holdsWeights || m_entries.size() != before) return {};
    const bool named = parseCheckpointLabel(leafName(folder)).step.has_value();
    const bool configured = std::find(listing->files.begin(), listing->files.end(), kConfigName) !=
                            listing->files.end();
    if (configured || (named && depth > 0)) add(readEntry(folder, *listing, choice));
    return {};
}

/// Warns where two rows claim one place in training, or rows are of different models.
void compareEntries(std::vector<CheckpointEntry>& entries) {
    const CheckpointEntry* first = nullptr;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        CheckpointEntry& entry = entries[i];
        if (i > 0 && entry.label.step && entry.label.step == entries[i - 1].label.step &&
            entry.label.stageRank == entries[i - 1].label.stageRank &&
            entry.label.ingredient == entries[i - 1].label.ingredient)
            entry.warnings.push_back({ErrorCode::SuiteDuplicateStep, entry.folder.string(),
                                      "has the same step as " + entries[i - 1].folder.string()});
        if (!entry.config) continue;
        if (first == nullptr)
            first = &entry;
        else if (configHash(*first->config) != configHash(*entry.config))
            entry.warnings.push_back({ErrorCode::SuiteMixedModels, entry.folder.string(),
                                      "is another model than " + first->folder.string()});
    }
}

}  // namespace

Expected<CheckpointCatalog> scanFolder(FileOps& ops, const fs::path& folder, ProgressSink& progress,
                                       std::stop_token stop) {
    FolderScan scan(ops, progress, std::move(stop));
    GRIDSCOPE_TRY(scan.visit(folder, 0));
    CheckpointCatalog catalog;
    catalog.root = folder;
    catalog.entries = scan.takeEntries();
    if (catalog.entries.empty())
        return Error{ErrorCode::ScanEmpty, folder.string(), "no checkpoint was found",
                     "Choose a folder whose sub-folders hold config.json and model.safetensors"};
    std::stable_sort(catalog.entries.begin(), catalog.entries.end(),
                     [](const CheckpointEntry& a, const CheckpointEntry& b) {
                         return labelComesBefore(a.label, b.label);
                     });
    compareEntries(catalog.entries);
    const bool single = catalog.entries.size() == 1 && catalog.entries[0].folder == folder;
    catalog.runName = leafName(single ? parentOf(folder) : folder);
    return catalog;
}

}  // namespace gridscope
