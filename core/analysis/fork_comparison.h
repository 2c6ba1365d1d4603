// SPDX-License-Identifier: GPL-3.0-or-later

// Compares the conditions of a fork experiment: the columns of the paper's Table 2, and tests that
// respect the seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/permutation_test.h"
#include "core/analysis/welch_test.h"

namespace gridscope {

enum class ProbeClass { All, Bump, Cool };
/// "all", "bump", "cool"
std::string_view probeClassName(ProbeClass which);

struct ComparedProbe {
    double step = 0.0;
    double gapPercent = 0.0;  ///< NaN = not measured
    double fp32Ppl = 0.0;     ///< NaN = not measured
    bool bump = false;        ///< taken while the rate was above the baseline
};

/// One run: a condition with a seed. Probes of different runs are matched by their step.
struct ComparedRun {
    std::size_t condition = 0;
    std::uint64_t seed = 0;
    std::vector<ComparedProbe> probes;  ///< ascending steps, without the fork point
    std::string name = {};              ///< in remarks; empty = "condition 1, seed 2"
};

/// Mean and standard deviation (n - 1) over `count` numbers; NaN where too few.
struct MeanSd {
    double mean = std::numeric_limits<double>::quiet_NaN();
    double sd = std::numeric_limits<double>::quiet_NaN();
    std::size_t count = 0;
};
/// Of the numbers that are not NaN.
MeanSd meanSd(std::span<const double> values);

/// One row of the table: a condition over one class of probes.
///
/// The same steps, for the control's column and both tests, are those of the class at which every
/// run of either side that has a gap in the class at all was measured.
struct ForkRow {
    std::size_t condition = 0;
    ProbeClass probes = ProbeClass::All;
    /// Over the seeds: each seed's last probe of the class, as the paper's "final gap".
    MeanSd finalGap, finalPpl;
    /// Over the seeds: each seed's mean over all probes of the class.
    MeanSd meanGap, meanPpl;
    /// Over the seeds: the control's mean over the same steps; the control itself has the same.
    MeanSd controlGap;
    /// Seed pairs (this, control) in which this one's mean over the class is lower; a tie counts
    /// for neither. Pairs share runs, so they are not independent.
    std::size_t wins = 0, pairs = 0;
    WelchTest overProbes;  ///< pooled probes against the control's of the same steps (the paper's)
    std::optional<PermutationTest> overSeeds;  ///< seed means against the control's
};

/// Wins of one condition over another, over all seed pairs, by the mean over all common steps.
struct WinsCell {
    std::size_t wins = 0, losses = 0, pairs = 0;
};

struct ForkComparison {
    std::vector<ForkRow> rows;                ///< condition by condition; bump and cool of oli
    std::vector<std::vector<WinsCell>> wins;  ///< [condition, condition]
    std::vector<std::string> remarks;         ///< autocorrelation, smallest p, missing runs
};

/// Compares whatever is there; runs may differ in how far they came: only steps that both sides
/// have are compared. Conditions with a probe in a bump get rows for bump and cool too. A gap that
/// was not measured is left out.
/// @param conditions number of conditions; 0 is the control
ForkComparison compareForks(std::size_t conditions, std::span<const ComparedRun> runs);

/// A condition's cost and gain against the control, for calibrating the bump (a Pareto plot).
struct TradePoint {
    std::size_t condition = 0;
    ProbeClass probes = ProbeClass::All;
    double gapPercent = 0.0;  ///< mean over seeds of the last probe of the class
    double pplPercent = 0.0;  ///< its FP32 perplexity above the control's last, percent
    bool onFront = false;     ///< no other point is at least as good in both and better in one
};
/// Cool rows of oli conditions, all rows of the others, the control too; without those that lack
/// either number.
std::vector<TradePoint> tradePoints(const ForkComparison& comparison);

}  // namespace gridscope
