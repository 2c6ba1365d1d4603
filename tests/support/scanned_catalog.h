// SPDX-License-Identifier: GPL-3.0-or-later

// A folder scanned for checkpoints, and what stands in the catalogue, in its order.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/checkpoint/catalog.h"

namespace gridscope::test {

inline Expected<CheckpointCatalog> scan(const std::filesystem::path& folder) {
    NullProgress progress;
    return scanFolder(systemFileOps(), folder, progress, {});
}

inline std::vector<std::string> labelsOf(const CheckpointCatalog& catalog) {
    std::vector<std::string> labels;
    for (const CheckpointEntry& entry : catalog.entries) labels.push_back(entry.label.text);
    return labels;
}

inline std::vector<std::string> runsOf(const CheckpointCatalog& catalog) {
    std::vector<std::string> names;
    for (const CheckpointRun& run : catalog.runs) names.push_back(run.name);
    return names;
}

}  // namespace gridscope::test
