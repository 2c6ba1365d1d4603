// SPDX-License-Identifier: GPL-3.0-or-later

// What the name of a checkpoint folder, file or ref says about its place in training.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/types.h"

namespace gridscope {

/// A parsed label (formats.md, 1.1). A name that matches no rule has no step.
struct CheckpointLabel {
    std::string text;  ///< as found on disk, native bytes
    std::optional<TrainingStep> step;
    std::optional<int> stage;  ///< stage or phase number
    std::optional<double> tokensSeen;
    std::string ingredient;          ///< "1+2" of stage2-ingredient1+2-step23842
    int stageRank = 0;               ///< order of stages (formats.md, 1.2)
    bool restartsWithStage = false;  ///< stage2-step10: counted from the start of the stage
    std::string prefix;  ///< what stands before the label: "TinyLlama-1.1B" of ...-step-1431k-3T
};

/// Parses a leaf name by the grammar of formats.md 1.1. Never fails: no match means no step.
CheckpointLabel parseCheckpointLabel(std::string_view name);

/// True for main, final, last and latest, which stand for a step that has another label too.
bool isAliasName(std::string_view name);

/// Order of names in which runs of digits count by their value: step2 before step10.
bool naturallyBefore(std::string_view a, std::string_view b);

/// Sort key (stageRank, step, ingredient, natural numeric order of the text).
bool labelComesBefore(const CheckpointLabel& a, const CheckpointLabel& b);

}  // namespace gridscope
