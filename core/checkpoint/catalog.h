// SPDX-License-Identifier: GPL-3.0-or-later

// The checkpoints found in a folder: labels, steps, sizes, problems. No tensor data is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/base/progress.h"
#include "core/checkpoint/checkpoint_label.h"
#include "core/model/model_config.h"

namespace gridscope {

/// One checkpoint as it lies on disk. Entries with problems stay in the list (G3).
struct CheckpointEntry {
    CheckpointLabel label;             ///< text, step, stage, tokens
    std::vector<std::string> aliases;  ///< other labels of the same weights, such as "main"
    std::string run;                   ///< repository or parent folder (formats.md 1.1)
    /// The place on the axis of steps: label.step, or beyond the stages before (formats.md 1.2).
    std::optional<TrainingStep> position;
    std::filesystem::path folder;
    std::filesystem::path weightsFile;                ///< the container that wins (formats.md 2.3)
    std::vector<std::filesystem::path> weightsFiles;  ///< the shards, or weightsFile alone
    std::filesystem::path configFile;
    std::string commit;           ///< of a Hugging Face cache, 40 hex digits; else empty
    std::string weightsIdentity;  ///< equal for one file under two names: blob, or device and inode
    std::string format;           ///< "safetensors", ...; empty if there is none
    std::string dtype;            ///< of the weights: "F16", "F32", "F16+F32"
    std::uint64_t parameters = 0;  ///< weights without ignored buffers
    std::uint64_t bytes = 0;       ///< size of the weightsFiles
    std::optional<ModelConfig> config;
    std::vector<Error> problems;  ///< why it cannot be probed; empty = fine
    std::vector<Warning> warnings;

    bool usable() const { return problems.empty(); }
};

/// Checkpoints of one model from one training run: what one trajectory may hold.
struct CheckpointRun {
    std::string name;        ///< of the run; with "@" and 8 digits of the configuration hash where
                             ///< several models have it
    std::string seed;        ///< "seed3", "data-seed1" from the end of the name, or empty
    std::string configHash;  ///< empty if no entry has a configuration
    std::vector<std::size_t> entries;  ///< ascending indices into the catalog
};

/// All checkpoints below a folder, sorted by (run, stage, step, natural order of the label).
struct CheckpointCatalog {
    std::filesystem::path root;
    std::string runName;  ///< of the only run, else the folder's
    std::vector<CheckpointEntry> entries;
    std::vector<CheckpointRun> runs;  ///< every entry is in exactly one of them
};

/// Lists the checkpoints below `folder` in every layout of formats.md 2, or the one that `folder`
/// itself is.
/// Errors: scan.not-folder, scan.empty, scan.too-large, file.*; run.cancelled.
Expected<CheckpointCatalog> scanFolder(FileOps& ops, const std::filesystem::path& folder,
                                       ProgressSink& progress, std::stop_token stop);

/// Entries that `expression` names (cli.md): all, log:16, every:5000, 1000..80000,
/// step0,step1000, joined by commas. Ascending indices into `catalog.entries`.
/// Errors: settings.syntax, settings.range (nothing selected).
Expected<std::vector<std::size_t>> selectCheckpoints(const CheckpointCatalog& catalog,
                                                     std::string_view expression);

/// The part of `catalog` that is the run `name`. Errors: settings.range naming the runs there are.
Expected<CheckpointCatalog> catalogOfRun(const CheckpointCatalog& catalog, std::string_view name);

/// One trajectory holds one model of one run [L07].
/// Errors: suite.mixed-models naming the runs that the usable ones of the selected entries are of.
Expected<void> requireOneRun(const CheckpointCatalog& catalog,
                             const std::vector<std::size_t>& selection);

/// One run of a catalogue and the entries chosen from it.
struct RunSelection {
    CheckpointCatalog catalog;
    std::vector<std::size_t> selection;
};

/// What `expression` selects from the run of this name, or with an empty name from the only run
/// that it selects usable entries of.
/// Errors: suite.mixed-models, and those of catalogOfRun and selectCheckpoints.
Expected<RunSelection> selectInRun(CheckpointCatalog catalog, std::string_view run,
                                   std::string_view expression);

}  // namespace gridscope
