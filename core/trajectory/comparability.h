// SPDX-License-Identifier: GPL-3.0-or-later

// Whether the values of two runs may stand beside each other.
#pragma once

#include <string_view>
#include <vector>

#include "core/trajectory/record.h"

namespace gridscope {

enum class PlanField { EvaluationTokens, Grid, Scope };
std::string_view planFieldName(PlanField field);  ///< "evaluation tokens", "grid", "scope"

/// The fields in which `other` was measured differently from `run`; empty = comparable.
/// Evaluation tokens: other ids, or other windows of them. Grid: no grid in common. Scope: another
/// rule in the plan ("blocks", "blocks,embed"); runs without a plan are not compared by scope.
/// Another model is no difference: to compare models is what runs are laid over each other for.
std::vector<PlanField> planDifferences(const Trajectory& run, const Trajectory& other);

}  // namespace gridscope
