// SPDX-License-Identifier: GPL-3.0-or-later

// Makes a trajectory of numbers that were measured elsewhere.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/reference_table.h"
#include "core/base/expected.h"
#include "core/trajectory/record.h"

namespace gridscope {

struct ImportedTrajectory {
    Trajectory trajectory;           ///< with rows; marked as imported (isImported)
    std::vector<std::string> notes;  ///< what was left out or assumed, for the user
};

/// One row per line of `table`. Columns: `step` (whole, >= 0), optionally `label` (else "step<N>"),
/// `stage`, and metrics by their schema names: those of a checkpoint plain (`fp32_ppl`,
/// `kurtosis_mean`, `learning_rate` ...), those of a grid behind its id
/// (`a4g128:minmax.gap_percent`); a grid's metric without an id belongs to a4g128:minmax. An empty
/// cell is missing. What trajectoryToCsv writes comes back, but for the weights' histograms and
/// windows. By definition follow, where missing: fp32_ce and fp32_ppl from each other, ce and ppl
/// of a grid from each other, gap_percent from both perplexities, delta_ce from gap_percent.
/// Columns of other names are named in the notes and left out.
/// Errors: reference.column (no step, no metric, no such grid or metric of a grid),
/// reference.format (`where` is "file, line N, column NAME": no number, out of range, a repeated
/// label)
Expected<ImportedTrajectory> importTrajectory(const ReferenceTable& table);

/// Whether the plan of `trajectory` says that it was imported.
bool isImported(const Trajectory& trajectory);

}  // namespace gridscope
