// SPDX-License-Identifier: GPL-3.0-or-later

// What the user may choose about a probe. A plain value with sensible defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/model_weights.h"
#include "core/quant/grid.h"

namespace gridscope {

enum class ProbeOrder { CoarseToFine, Steps };

/// What to do when a label of the file now has other content.
enum class ConflictPolicy { Refuse, Replace, Keep, Both };

enum class ProbeStages { WeightsAndPerplexity, WeightsOnly, PerplexityOnly };

struct ProbeSettings {
    std::vector<Grid> grids;       ///< in the order of the columns; must not be empty
    std::string scope = "blocks";  ///< science.md 1.2
    std::string preset = "paper";  ///< name of the window preset, for the record
    ProbeOrder order = ProbeOrder::CoarseToFine;
    ProbeStages stages = ProbeStages::WeightsAndPerplexity;
    ConflictPolicy onConflict = ConflictPolicy::Refuse;
    NonFinitePolicy nonFinite = NonFinitePolicy::Refuse;
    std::string device = "auto";               ///< "auto", "cpu", "cuda", "cuda:1"
    int threads = 0;                           ///< 0 = all cores
    std::uint64_t seed = 1;                    ///< of bootstrap and control grids
    std::optional<std::uint64_t> memoryLimit;  ///< bytes; nothing = 80 % of what is free
};

/// The default grids: the paper's INT4 and INT8.
std::vector<Grid> defaultGrids();

}  // namespace gridscope
