// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/fork_comparison.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "core/analysis/fork_remarks_impl.h"

namespace gridscope {

namespace {

using GapsByStep = std::map<double, double>;  ///< measured ones

bool isIn(ProbeClass which, const ComparedProbe& probe) {
    return which == ProbeClass::All || probe.bump == (which == ProbeClass::Bump);
}

GapsByStep gapsOf(const ComparedRun& run, ProbeClass which) {
    GapsByStep gaps;
    for (const ComparedProbe& probe : run.probes) {
        if (isIn(which, probe) && !std::isnan(probe.gapPercent))
            gaps[probe.step] = probe.gapPercent;
    }
    return gaps;
}

/// The gaps of each run of `condition` that has one in the class.
std::vector<GapsByStep> gapsOfRuns(std::span<const ComparedRun> runs, std::size_t condition,
                                   ProbeClass which) {
    std::vector<GapsByStep> gaps;
    for (const ComparedRun& run : runs) {
        if (run.condition != condition) continue;
        GapsByStep found = gapsOf(run, which);
        if (!found.empty()) gaps.push_back(std::move(found));
    }
    return gaps;
}

/// Steps that every one of them has.
std::set<double> commonSteps(std::span<const GapsByStep* const> runs) {
    std::set<double> common;
    if (runs.empty()) return common;
    for (const auto& [step, gap] : *runs.front()) {
        const bool everywhere = std::all_of(
            runs.begin(), runs.end(), [at = step](const auto* run) { return run->contains(at); });
        if (everywhere) common.insert(step);
    }
    return common;
}

std::vector<double> at(const GapsByStep& gaps, const std::set<double>& steps) {
    std::vector<double> values;
    for (const double step : steps) values.push_back(gaps.at(step));
    return values;
}

double meanOf(std::span<const double> values) { return meanSd(values).mean; }

/// The probe that stands for the end of a run: the last with a gap, or else the last that has a
/// perplexity at least. Null if there is none.
const ComparedProbe* lastProbe(const ComparedRun& run, ProbeClass which) {
    const ComparedProbe* last = nullptr;
    for (const ComparedProbe& probe : run.probes) {
        if (!isIn(which, probe)) continue;
        const bool hasGap = !std::isnan(probe.gapPercent);
        const bool lastHasGap = last != nullptr && !std::isnan(last->gapPercent);
        if (hasGap || (!lastHasGap && !std::isnan(probe.fp32Ppl))) last = &probe;
    }
    return last;
}

/// Fills the columns that need no control.
void describe(std::span<const ComparedRun> runs, ForkRow& row) {
    std::vector<double> finalGaps, finalPpls, meanGaps, meanPpls;
    for (const ComparedRun& run : runs) {
        if (run.condition != row.condition) continue;
        std::vector<double> gaps, ppls;
        for (const ComparedProbe& probe : run.probes) {
            if (!isIn(row.probes, probe)) continue;
            gaps.push_back(probe.gapPercent);
            ppls.push_back(probe.fp32Ppl);
        }
        meanGaps.push_back(meanOf(gaps));
        meanPpls.push_back(meanOf(ppls));
        if (const ComparedProbe* last = lastProbe(run, row.probes)) {
            finalGaps.push_back(last->gapPercent);
            finalPpls.push_back(last->fp32Ppl);
        }
    }
    row.finalGap = meanSd(finalGaps);
    row.finalPpl = meanSd(finalPpls);
    row.meanGap = meanSd(meanGaps);
    row.meanPpl = meanSd(meanPpls);
}

/// Wins and losses of `a` over `b` by the mean over the steps that a pair of runs shares.
WinsCell countWins(const std::vector<GapsByStep>& a, const std::vector<GapsByStep>& b) {
    WinsCell cell;
    for (const GapsByStep& mine : a) {
        for (const GapsByStep& other : b) {
            const std::set<double> steps = commonSteps(std::vector{&mine, &other});
            if (steps.empty()) continue;
            const double myMean = meanOf(at(mine, steps)), otherMean = meanOf(at(other, steps));
            ++cell.pairs;
            cell.wins += myMean < otherMean ? 1 : 0;
            cell.losses += otherMean < myMean ? 1 : 0;
        }
    }
    return cell;
}

/// Means of each run over the steps, and all its values there.
struct Side {
    std::vector<double> seedMeans, pooled;
};
Side sideOf(const std::vector<GapsByStep>& runs, const std::set<double>& steps) {
    Side side;
    if (steps.empty()) return side;
    for (const GapsByStep& run : runs) {
        const std::vector<double> values = at(run, steps);
        side.seedMeans.push_back(meanOf(values));
        side.pooled.insert(side.pooled.end(), values.begin(), values.end());
    }
    return side;
}

void compareWithControl(std::span<const ComparedRun> runs, ForkRow& row) {
    const std::vector<GapsByStep> mine = gapsOfRuns(runs, row.condition, row.probes);
    const std::vector<GapsByStep> control = gapsOfRuns(runs, 0, ProbeClass::All);
    if (mine.empty() || control.empty()) return;
    std::vector<const GapsByStep*> all;
    for (const auto* side : {&mine, &control}) {
        for (const GapsByStep& run : *side) all.push_back(&run);
    }
    const std::set<double> steps = commonSteps(all);
    const Side here = sideOf(mine, steps), there = sideOf(control, steps);
    row.controlGap = meanSd(there.seedMeans);
    row.overProbes = welchTest(here.pooled, there.pooled);
    if (!steps.empty()) row.overSeeds = permutationTest(here.seedMeans, there.seedMeans);
    const WinsCell cell = countWins(mine, control);
    row.wins = cell.wins;
    row.pairs = cell.pairs;
}

bool hasBump(std::span<const ComparedRun> runs, std::size_t condition) {
    return std::any_of(runs.begin(), runs.end(), [&](const ComparedRun& run) {
        return run.condition == condition &&
               std::any_of(run.probes.begin(), run.probes.end(),
                           [](const ComparedProbe& probe) { return probe.bump; });
    });
}

std::vector<ForkRow> rowsOf(std::size_t conditions, std::span<const ComparedRun> runs) {
    std::vector<ForkRow> rows;
    for (std::size_t condition = 0; condition < conditions; ++condition) {
        std::vector<ProbeClass> classes{ProbeClass::All};
        if (hasBump(runs, condition))
            classes.insert(classes.end(), {ProbeClass::Bump, ProbeClass::Cool});
        for (const ProbeClass which : classes) {
            ForkRow row;
            row.condition = condition;
            row.probes = which;
            describe(runs, row);
            if (condition == 0)
                row.controlGap = row.meanGap;
            else
                compareWithControl(runs, row);
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

}  // namespace

std::string_view probeClassName(ProbeClass which) {
    switch (which) {
    case ProbeClass::All:
        return "all";
    case ProbeClass::Bump:
        return "bump";
    case ProbeClass::Cool:
        return "cool";
    }
    return {};
}

MeanSd meanSd(std::span<const double> values) {
    std::vector<double> measured;
    std::copy_if(values.begin(), values.end(), std::back_inserter(measured),
                 [](double value) { return !std::isnan(value); });
    MeanSd result;
    result.count = measured.size();
    if (measured.empty()) return result;
    const auto n = static_cast<double>(measured.size());
    double sum = 0.0, squares = 0.0;
    for (const double value : measured) sum += value;
    result.mean = sum / n;
    if (measured.size() < 2) return result;
    for (const double value : measured) squares += (value - result.mean) * (value - result.mean);
    result.sd = std::sqrt(squares / (n - 1.0));
    return result;
}

ForkComparison compareForks(std::size_t conditions, std::span<const ComparedRun> runs) {
    ForkComparison comparison;
    comparison.rows = rowsOf(conditions, runs);
    std::vector<std::vector<GapsByStep>> gaps;
    for (std::size_t c = 0; c < conditions; ++c)
        gaps.push_back(gapsOfRuns(runs, c, ProbeClass::All));
    comparison.wins.assign(conditions, std::vector<WinsCell>(conditions));
    for (std::size_t a = 0; a < conditions; ++a) {
        for (std::size_t b = 0; b < conditions; ++b) {
            if (a != b) comparison.wins[a][b] = countWins(gaps[a], gaps[b]);
        }
    }
    comparison.remarks = forkRemarks(conditions, runs, comparison.rows);
    return comparison;
}

std::vector<TradePoint> tradePoints(const ForkComparison& comparison) {
    std::vector<TradePoint> points;
    std::set<std::size_t> oli;
    for (const ForkRow& row : comparison.rows) {
        if (row.probes == ProbeClass::Cool) oli.insert(row.condition);
    }
    double controlPpl = std::numeric_limits<double>::quiet_NaN();
    for (const ForkRow& row : comparison.rows) {
        if (row.condition == 0 && row.probes == ProbeClass::All) controlPpl = row.finalPpl.mean;
        const bool wanted = oli.contains(row.condition) ? row.probes == ProbeClass::Cool
                                                        : row.probes == ProbeClass::All;
        const double pplPercent = 100.0 * (row.finalPpl.mean / controlPpl - 1.0);
        if (wanted && std::isfinite(row.finalGap.mean) && std::isfinite(pplPercent))
            points.push_back({row.condition, row.probes, row.finalGap.mean, pplPercent, false});
    }
    for (TradePoint& point : points) {
        point.onFront = std::none_of(points.begin(), points.end(), [&](const TradePoint& other) {
            return other.gapPercent <= point.gapPercent && other.pplPercent <= point.pplPercent &&
                   (other.gapPercent < point.gapPercent || other.pplPercent < point.pplPercent);
        });
    }
    return points;
}

}  // namespace gridscope
