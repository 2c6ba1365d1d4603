// SPDX-License-Identifier: GPL-3.0-or-later

// What a fork experiment has measured so far, read back from its folder.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/analysis/fork_comparison.h"
#include "core/training/fork_folder.h"

namespace gridscope {

/// One probed checkpoint of a run.
struct ForkProbe {
    std::int64_t step = 0;
    ScheduleKind kind = ScheduleKind::Decay;  ///< by the design's ProbeTiming
    double learningRate = 0.0;                ///< that the kind goes by
    /// NaN = not measured
    double gapPercent = std::numeric_limits<double>::quiet_NaN();
    double fp32Ppl = std::numeric_limits<double>::quiet_NaN();
    double quantizedPpl = std::numeric_limits<double>::quiet_NaN();
};

struct ForkRunResult {
    std::size_t condition = 0;  ///< index into the design's conditions
    std::uint64_t seed = 0;
    std::string name;
    ForkRunStatus status;
    std::vector<ForkProbe> probes;  ///< ascending steps, at most one a step; with the fork point
};

struct ForkResults {
    ForkRecord record;
    std::string gridId;               ///< that gaps are of; empty while nothing is measured
    std::vector<ForkRunResult> runs;  ///< in the order of forkRuns
    std::vector<std::string> grids;   ///< all that were measured
};

/// Reads what is there; runs without a trajectory have no probes.
/// @param grid id or preset name; empty = the first grid of the trajectories
/// Errors: fork.format, fork.missing (no fork.json), file.*, settings.syntax, settings.range (no
/// grid, or one that was not measured though others were), those of readTrajectory
Expected<ForkResults> readForkResults(FileOps& ops, const std::filesystem::path& folder,
                                      const std::string& grid);

/// The runs that are to be compared, without their fork points. A run that is still going on takes
/// part only while its condition has none that ended: a few early probes would cut the comparison
/// down to the steps that they cover.
std::vector<ComparedRun> comparedRuns(const ForkResults& results);

}  // namespace gridscope
