// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <set>

#include "core/analysis/fork_remarks_impl.h"
#include "core/base/numbers.h"
#include "core/base/step_text.h"

namespace gridscope {

namespace {

std::string nameOf(const ComparedRun& run) {
    if (!run.name.empty()) return run.name;
    return "condition " + std::to_string(run.condition + 1) + ", seed " + std::to_string(run.seed);
}

/// Four decimals at most, but never 0.
std::string pText(double p) {
    return p < 1e-4 ? formatNumber(p) : formatNumber(std::round(1e4 * p) / 1e4);
}

/// Last step with a gap; NaN if there is none.
double lastMeasured(const ComparedRun& run) {
    double last = std::numeric_limits<double>::quiet_NaN();
    for (const ComparedProbe& probe : run.probes) {
        if (!std::isnan(probe.gapPercent)) last = probe.step;
    }
    return last;
}

void addTestRemarks(std::span<const ForkRow> rows, std::vector<std::string>& remarks) {
    const auto any = [&](auto holds) { return std::any_of(rows.begin(), rows.end(), holds); };
    if (any([](const ForkRow& row) { return !std::isnan(row.overProbes.p); }))
        remarks.emplace_back(
            "Probes of one run follow each other and are not independent (autocorrelation): the p "
            "of the t test over probes is too small. The permutation test over seeds is exact.");
    if (any([](const ForkRow& row) { return row.pairs > 1; }))
        remarks.emplace_back("Seed pairs share runs, so the wins are not independent.");
    std::set<std::string> told;
    for (const ForkRow& row : rows) {
        if (!row.overSeeds || std::isnan(row.overSeeds->smallestLower)) continue;
        const std::string text = "With " + std::to_string(row.meanGap.count) + " seeds against " +
                                 std::to_string(row.controlGap.count) +
                                 " the permutation test can reach no p below " +
                                 pText(row.overSeeds->smallestLower) + " one-sided and " +
                                 pText(row.overSeeds->smallestTwoSided) + " two-sided.";
        if (told.insert(text).second) remarks.push_back(text);
    }
    if (any([](const ForkRow& row) { return row.pairs > 0 && !row.overSeeds; }))
        remarks.emplace_back(
            "No permutation test where a condition and the control have more than 20 runs, or no "
            "step that all their runs were measured at.");
}

void addRunRemarks(std::size_t conditions, std::span<const ComparedRun> runs,
                   std::vector<std::string>& remarks) {
    double furthest = -1.0;
    std::set<std::size_t> present;
    for (const ComparedRun& run : runs) {
        present.insert(run.condition);
        furthest = std::fmax(furthest, lastMeasured(run));
    }
    for (std::size_t c = 0; c < conditions; ++c) {
        if (!present.contains(c))
            remarks.push_back("Condition " + std::to_string(c + 1) + " has no run.");
    }
    std::string unmeasured;
    for (const ComparedRun& run : runs) {
        const double last = lastMeasured(run);
        if (std::isnan(last)) {
            unmeasured += (unmeasured.empty() ? "" : ", ") + nameOf(run);
            continue;
        }
        if (last < furthest)
            remarks.push_back(nameOf(run) + " was measured up to step " + formatStep(last) +
                              " only, others up to " + formatStep(furthest) +
                              ": tests and wins use the steps that both sides have, final values "
                              "and means do not.");
        const auto missing =
            std::count_if(run.probes.begin(), run.probes.end(),
                          [](const ComparedProbe& probe) { return std::isnan(probe.gapPercent); });
        if (missing > 0)
            remarks.push_back(nameOf(run) + ": " + std::to_string(missing) + " of " +
                              std::to_string(run.probes.size()) +
                              " probes have no gap and are left out.");
    }
    if (!unmeasured.empty())
        remarks.push_back("Without a measured gap, and so not compared: " + unmeasured + ".");
}

}  // namespace

std::vector<std::string> forkRemarks(std::size_t conditions, std::span<const ComparedRun> runs,
                                     std::span<const ForkRow> rows) {
    std::vector<std::string> remarks;
    addTestRemarks(rows, remarks);
    addRunRemarks(conditions, runs, remarks);
    return remarks;
}

}  // namespace gridscope
