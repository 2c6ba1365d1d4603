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
    CheckpointLabel label;  ///< text, step, stage, tokens
    std::filesystem::path folder;
    std::filesystem::path weightsFile;  ///< the container that wins (formats.md 2.3)
    std::filesystem::path configFile;
    std::string format;            ///< "safetensors", ...; empty if there is none
    std::string dtype;             ///< of the weights: "F16", "F32", "F16+F32"
    std::uint64_t parameters = 0;  ///< weights without ignored buffers
    std::uint64_t bytes = 0;       ///< size of the container
    std::optional<ModelConfig> config;
    std::vector<Error> problems;  ///< why it cannot be probed; empty = fine
    std::vector<Warning> warnings;

    bool usable() const { return problems.empty(); }
};

/// All checkpoints of one run, sorted by (stage, step, natural order of the label).
struct CheckpointCatalog {
    std::filesystem::path root;
    std::string runName;
    std::vector<CheckpointEntry> entries;
};

/// Lists the checkpoints below `folder`, or the one that `folder` itself is.
/// Errors: scan.not-folder, scan.empty, scan.too-large, file.*; run.cancelled.
Expected<CheckpointCatalog> scanFolder(FileOps& ops, const std::filesystem::path& folder,
                                       ProgressSink& progress, std::stop_token stop);

/// Entries that `expression` names (cli.md): all, log:16, every:5000, 1000..80000,
/// step0,step1000, joined by commas. Ascending indices into `catalog.entries`.
/// Errors: settings.syntax, settings.range (nothing selected).
Expected<std::vector<std::size_t>> selectCheckpoints(const CheckpointCatalog& catalog,
                                                     std::string_view expression);

}  // namespace gridscope
