// SPDX-License-Identifier: GPL-3.0-or-later

// Everything a probe run will do, decided before it starts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/checkpoint/catalog.h"
#include "core/probe/probe_settings.h"
#include "core/text/eval_windows.h"
#include "core/trajectory/record.h"

namespace gridscope {

struct ProbePlan {
    ProbeSettings settings;
    EvalWindows windows;
    std::vector<CheckpointEntry> checkpoints;  ///< in step order, unusable ones included
    ModelConfig model;                         ///< of all usable checkpoints
    std::vector<TensorSpec> specs;             ///< expectedTensors(model)
    std::vector<std::size_t> scope;            ///< indices into specs
    std::vector<std::string> gridIds;
    std::string planJson;  ///< canonical: what the numbers depend on
    std::string planHash;
};

/// Decides a run over `selection` (indices into the catalogue). Pure but for the problems it
/// adds to checkpoints of another model than the first usable one (suite.mixed-models).
/// Errors: settings.* (no grid, a grid twice, unknown scope), tokens.id-range, suite.mixed-models
/// for a selection from several runs of the catalogue,
/// the first problem when no checkpoint is usable.
Expected<ProbePlan> makePlan(const CheckpointCatalog& catalog,
                             const std::vector<std::size_t>& selection, EvalWindows windows,
                             ProbeSettings settings);

/// The trajectory that this plan starts: plan, tokens, layers and this machine, no rows.
Trajectory emptyTrajectory(const ProbePlan& plan);

/// What the perplexity sweep knows of a checkpoint when it chooses the next one.
struct SweepState {
    bool done = false;
    double curve = kNotMeasured;  ///< ln PPL of a measured checkpoint
    double gap = kNotMeasured;    ///< asinh of the first grid's gap
};

/// The checkpoint to measure next: first, last, then inside the widest open stretch, where one
/// whose curves bend counts as wider. Checkpoints that cannot be measured count as done.
/// @param states one entry per checkpoint in step order
/// @return index into `states`, or states.size() when all are done
std::size_t nextCoarseToFine(const std::vector<SweepState>& states);

}  // namespace gridscope
