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
constexpr std::size_t kFewestIntervals =
    6;  // so that one bad checkpoint, two intervals, is outvoted
constexpr double kSmallestStartCosine = 0.9;  // formats.md 11

struct Interval {
    std::size_t from = 0, to = 0;
    double rate = 0.0;  ///< relative change over the root of the step distance
};

/// Intervals of a series along which the weights moved.
std::vector<Interval> intervalsOf(const AuditFacts& facts, const std::vector<std::size_t>& series) {
    std::vector<Interval> intervals;
    for (const std::size_t to : series) {
        const auto& change = facts[to].change;
        if (!change || !(change->relative > 0.0)) continue;
        const double steps = static_cast<double>(*facts[to].step - *facts[change->from].step);
        if (steps > 0.0)
            intervals.push_back({change->from, to, change->relative / std::sqrt(steps)});
    }
    return intervals;
}

/// The lower one of two middle values.
double lowerMedian(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Rates of the neighbours [first, last) of interval `i`.
std::vector<double> ratesOf(const std::vector<Interval>& intervals, std::size_t first,
                            std::size_t last, std::size_t i) {
    std::vector<double> rates;
    for (std::size_t k = first; k < last; ++k) {
        if (k != i) rates.push_back(intervals[k].rate);
    }
    return rates;
}

/// The usual rate around interval `i`. Beside the median of 8 neighbours those of the sides alone
/// count: where training slows down fast, the few fast intervals before are usual too.
double usualRate(const std::vector<Interval>& intervals, std::size_t i) {
    const std::size_t count = intervals.size();
    const std::size_t half = kNeighbours / 2;
    const std::size_t span = std::min(kNeighbours + 1, count);
    const std::size_t first = std::min(i < half ? 0 : i - half, count - span);
    double usual = lowerMedian(ratesOf(intervals, first, first + span, i));
    const std::size_t left = i < half ? 0 : i - half;
    const std::size_t right = std::min(i + 1 + half, count);
    if (left < i) usual = std::max(usual, lowerMedian(ratesOf(intervals, left, i, i)));
    if (i + 1 < right) usual = std::max(usual, lowerMedian(ratesOf(intervals, i + 1, right, i)));
    return usual;
}

AuditFinding jumpFinding(std::vector<std::size_t> checkpoints, std::string what, double factor) {
    return {AuditSeverity::Problem,
            AuditCheck::Jump,
            ErrorCode::AuditJump,
            std::move(checkpoints),
            std::move(what) + formatFixed(factor, 1) +
                " times the usual change of weights per root step",
            "Compare the file with the published one; a wrong upload is likelier than training"};
}

void findInSeries(const AuditFacts& facts, const std::vector<Interval>& intervals,
                  AuditFindings& findings) {
    // Factors over the usual rate; 0 where nothing is wrong or, for the first interval, nothing is
    // claimed.
    std::vector<double> factors(intervals.size(), 0.0);
    for (std::size_t i = 1; i < intervals.size(); ++i) {
        const double factor = intervals[i].rate / usualRate(intervals, i);
        if (factor > kJumpFactor) factors[i] = factor;
    }
    for (std::size_t i = 1; i < intervals.size(); ++i) {
        if (!(factors[i] > 0.0)) continue;
        if (i + 1 < intervals.size() && factors[i + 1] > 0.0) {
            std::vector<std::size_t> between{intervals[i].to};
            if (intervals[i + 1].from != intervals[i].to) between.push_back(intervals[i + 1].from);
            const std::string what = labelList(facts, between) + " lies far from both neighbours: ";
            findings.push_back(jumpFinding(between, what, std::min(factors[i], factors[i + 1])));
            ++i;
            continue;
        }
        const std::vector<std::size_t> ends{intervals[i].from, intervals[i].to};
        findings.push_back(
            jumpFinding(ends, "Between " + labelList(facts, ends) + ": ", factors[i]));
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
