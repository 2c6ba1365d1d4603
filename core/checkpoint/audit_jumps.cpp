// SPDX-License-Identifier: GPL-3.0-or-later

// A3 and A4: checkpoints that do not lie on the way of their run through weight space.

#include <algorithm>
#include <cmath>
#include <string>

#include "core/base/numbers.h"
#include "core/checkpoint/audit_checks.h"

namespace gridscope {

namespace {

constexpr double kJumpFactor = 5.0;     // formats.md 11
constexpr std::size_t kNeighbours = 8;  // formats.md 11
// One bad checkpoint makes two fast intervals; the others must outvote them.
constexpr std::size_t kFewestIntervals = 6;
constexpr double kAsideShare = 0.5;
constexpr double kSmallestStartCosine = 0.9;  // formats.md 11

struct Interval {
    std::size_t from = 0, to = 0;  ///< checkpoints
    double change = 0.0;           ///< relative change of the sample
    double steps = 0.0;

    double rate() const { return change / std::sqrt(steps); }
};

/// Intervals of a series along which the weights moved.
std::vector<Interval> intervalsOf(const AuditFacts& facts, const std::vector<std::size_t>& series) {
    std::vector<Interval> intervals;
    for (const std::size_t to : series) {
        const auto& change = facts[to].change;
        if (!change || !(change->relative > 0.0)) continue;
        const double steps = static_cast<double>(*facts[to].step - *facts[change->from].step);
        if (steps > 0.0) intervals.push_back({change->from, to, change->relative, steps});
    }
    return intervals;
}

/// Rate of interval `i` over the median of the 8 intervals nearest to it.
double factorOf(const std::vector<Interval>& intervals, std::size_t i) {
    const std::size_t half = kNeighbours / 2;
    const std::size_t span = std::min(kNeighbours + 1, intervals.size());
    const std::size_t first = std::min(i < half ? 0 : i - half, intervals.size() - span);
    std::vector<double> rates;
    for (std::size_t k = first; k < first + span; ++k) {
        if (k != i) rates.push_back(intervals[k].rate());
    }
    std::sort(rates.begin(), rates.end());
    const std::size_t middle = rates.size() / 2;
    const double median =
        rates.size() % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2.0;
    return intervals[i].rate() / median;
}

/// True if `fast` cannot be the neighbour of `usual` in a sound run. Weights move between the root
/// of the step distance (noise) and the distance itself (one direction, as in warm-up), so the
/// larger of the two is granted before the factor counts.
bool breaksFrom(const Interval& fast, const Interval& usual) {
    const double ratio = fast.steps / usual.steps;
    return fast.change > kJumpFactor * usual.change * std::max(std::sqrt(ratio), ratio);
}

/// True if the run passes by the checkpoint between `before` and `after`: those around it are much
/// nearer to each other than to it.
bool liesAside(const AuditFacts& facts, const Interval& before, const Interval& after) {
    const auto& over = facts[after.to].changeOverTwo;
    return over && *over < kAsideShare * std::min(before.change, after.change);
}

AuditFinding jumpFinding(const AuditFacts& facts, const std::vector<Interval>& intervals,
                         std::size_t first, std::size_t last) {
    AuditFinding finding;
    finding.severity = AuditSeverity::Problem;
    finding.check = AuditCheck::Jump;
    finding.code = ErrorCode::AuditJump;
    for (std::size_t i = first; i < last; ++i) {
        finding.checkpoints.push_back(intervals[i].to);
        if (intervals[i + 1].from != intervals[i].to)
            finding.checkpoints.push_back(intervals[i + 1].from);
    }
    double factor = factorOf(intervals, first);
    for (std::size_t i = first; i <= last; ++i) factor = std::min(factor, factorOf(intervals, i));
    if (first == last) {
        finding.checkpoints = {intervals[first].from, intervals[first].to};
        finding.finding = "Between " + labelList(facts, finding.checkpoints) + " the weights move ";
    } else {
        finding.finding = labelList(facts, finding.checkpoints) +
                          (finding.checkpoints.size() == 1 ? " lies" : " lie") +
                          " far from both neighbours: the weights move ";
    }
    finding.finding += formatFixed(factor, 1) + " times as fast as usual there";
    finding.hint =
        "Compare with the published files; a wrong upload is likelier than such training";
    return finding;
}

void findInSeries(const AuditFacts& facts, const std::vector<Interval>& intervals,
                  AuditFindings& findings) {
    const std::size_t count = intervals.size();
    for (std::size_t first = 0; first < count; ++first) {
        if (factorOf(intervals, first) <= kJumpFactor) continue;
        std::size_t last = first;
        while (last + 1 < count && factorOf(intervals, last + 1) > kJumpFactor) ++last;
        // Nothing lies before the first interval, and weights move fastest at the start.
        const bool entered = first > 0 ? breaksFrom(intervals[first], intervals[first - 1])
                                       : last == 1 && liesAside(facts, intervals[0], intervals[1]);
        const bool left = last + 1 == count || breaksFrom(intervals[last], intervals[last + 1]);
        if (entered && left) findings.push_back(jumpFinding(facts, intervals, first, last));
        first = last;
    }
}

}  // namespace

AuditFindings findJumps(const AuditFacts& facts) {
    AuditFindings findings;
    for (const auto& series : checkpointSeries(facts)) {
        const std::vector<Interval> intervals = intervalsOf(facts, series);
        if (intervals.size() >= kFewestIntervals) findInSeries(facts, intervals, findings);
    }
    return findings;
}

AuditFindings findUnrelatedStarts(const AuditFacts& facts) {
    AuditFindings findings;
    for (const auto& series : checkpointSeries(facts)) {
        if (*facts[series.front()].step != 0) continue;
        for (const std::size_t i : series) {
            const auto& cosine = facts[i].cosineToStart;
            if (!cosine) continue;
            if (*cosine < kSmallestStartCosine)
                findings.push_back({AuditSeverity::Problem,
                                    AuditCheck::UnrelatedStart,
                                    ErrorCode::AuditUnrelatedStart,
                                    {series.front(), i},
                                    labelList(facts, {i}) + " does not descend from " +
                                        labelList(facts, {series.front()}) +
                                        ": the cosine of their weights is " +
                                        formatFixed(*cosine, 3) + ", at least 0.9 is expected",
                                    "The initial weights are of another run; leave them out"});
            break;  // the first later step decides
        }
    }
    return findings;
}

}  // namespace gridscope
