// SPDX-License-Identifier: GPL-3.0-or-later

// Published suites by their name: which steps they were stored at, how many tokens a step takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/checkpoint/checkpoint_label.h"
#include "core/model/model_config.h"

namespace gridscope {

/// Which steps are asked for.
struct StepRange {
    std::optional<int> stage;  ///< of staged labels
    std::int64_t first = 0;    ///< smallest step there
    std::int64_t last = 0;     ///< largest step there
};

struct KnownFamily {
    std::string_view name;                                          ///< for people: "Pythia"
    std::optional<double> tokensPerStep;                            ///< per step of the label
    std::vector<std::int64_t> (*expected)(const StepRange& range);  ///< ascending
};

/// The family that a run belongs to by its name (repository or folder, any case), if its
/// configuration, where known, does not speak against it. A pure function.
/// Source: formats.md 1.3
std::optional<KnownFamily> findKnownFamily(std::string_view runName, const ModelConfig* config);

/// Tokens seen at a checkpoint: the label's own count, else step x tokens per step of the family.
std::optional<double> familyTokensSeen(std::string_view runName, const ModelConfig* config,
                                       const CheckpointLabel& label);

}  // namespace gridscope
