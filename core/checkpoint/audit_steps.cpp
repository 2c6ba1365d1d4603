// SPDX-License-Identifier: GPL-3.0-or-later

// A5: steps that a run should have and that are not there.

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/checkpoint/audit_checks.h"

namespace gridscope {

namespace {

constexpr int kStageRanks = 1000;  // ranks below are stage numbers (formats.md 1.2)
constexpr std::size_t kGapsShown = 6;
constexpr std::size_t kFewestSpacings = 3;  // equal distances that make a spacing

/// Missing steps that follow one another.
struct Gap {
    std::int64_t first = 0, last = 0, count = 0;
};

std::string gapText(const Gap& gap) {
    if (gap.count == 1) return std::to_string(gap.first);
    if (gap.count == 2) return std::to_string(gap.first) + ", " + std::to_string(gap.last);
    return std::to_string(gap.first) + " to " + std::to_string(gap.last) + " (" +
           std::to_string(gap.count) + ")";
}

std::string gapList(const std::vector<Gap>& gaps) {
    std::string text;
    for (std::size_t i = 0; i < std::min(gaps.size(), kGapsShown); ++i)
        text += (i == 0 ? "" : ", ") + gapText(gaps[i]);
    if (gaps.size() > kGapsShown)
        text += " and " + std::to_string(gaps.size() - kGapsShown) + " more gaps";
    return text;
}

std::int64_t total(const std::vector<Gap>& gaps) {
    std::int64_t sum = 0;
    for (const Gap& gap : gaps) sum += gap.count;
    return sum;
}

/// Stretches of `expected` that `steps` lacks.
std::vector<Gap> missingFrom(const std::vector<std::int64_t>& expected,
                             const std::set<std::int64_t>& steps) {
    std::vector<Gap> gaps;
    bool open = false;
    for (const std::int64_t step : expected) {
        const bool missing = steps.count(step) == 0;
        if (missing && !open) gaps.push_back({step, step, 0});
        if (missing) {
            gaps.back().last = step;
            ++gaps.back().count;
        }
        open = missing;
    }
    return gaps;
}

/// True if the family's list explains nearly all steps that are there.
bool fits(const std::vector<std::int64_t>& expected, const std::set<std::int64_t>& steps) {
    std::size_t known = 0;
    for (const std::int64_t step : steps)
        known += std::binary_search(expected.begin(), expected.end(), step) ? 1u : 0u;
    return known * 5 >= steps.size() * 4;
}

/// Holes in the commonest spacing. A distance of several spacings is a hole only where the spacing
/// rules on both sides: runs that store ever more rarely have none.
std::vector<Gap> spacingGaps(const std::set<std::int64_t>& steps, std::int64_t& spacing) {
    const std::vector<std::int64_t> ordered(steps.begin(), steps.end());
    std::map<std::int64_t, std::size_t> counts;
    for (std::size_t i = 1; i < ordered.size(); ++i) ++counts[ordered[i] - ordered[i - 1]];
    std::size_t most = 0;
    for (const auto& [distance, count] : counts) {
        if (count > most) {
            most = count;
            spacing = distance;
        }
    }
    std::vector<Gap> gaps;
    if (most < kFewestSpacings) return gaps;
    std::size_t seen = 0;
    for (std::size_t i = 1; i < ordered.size(); ++i) {
        const std::int64_t distance = ordered[i] - ordered[i - 1];
        if (distance == spacing) ++seen;
        if (distance == spacing || distance % spacing != 0 || seen == 0 || seen == most) continue;
        gaps.push_back({ordered[i - 1] + spacing, ordered[i] - spacing, distance / spacing - 1});
    }
    return gaps;
}

AuditFinding missing(const std::vector<Gap>& gaps, std::size_t present, const std::string& list) {
    AuditFinding finding;
    finding.check = AuditCheck::MissingSteps;
    finding.code = ErrorCode::AuditMissingSteps;
    const std::int64_t count = total(gaps);
    const bool selection = static_cast<std::uint64_t>(count) > present;
    finding.severity = selection ? AuditSeverity::Note : AuditSeverity::Warning;
    finding.finding = std::to_string(count) + (count == 1 ? " step" : " steps") + " of " + list +
                      (count == 1 ? " is" : " are") + " missing: " + gapList(gaps);
    finding.hint = selection ? "This looks like a selection; fetch the others if they are needed"
                             : "Fetch the missing checkpoints, or see whether they were published";
    return finding;
}

void findInSeries(const AuditFacts& facts, const std::vector<std::size_t>& series,
                  AuditFindings& findings) {
    std::set<std::int64_t> steps;
    std::optional<KnownFamily> family;
    for (const std::size_t i : series) {
        steps.insert(*facts[i].step);
        if (!family) family = facts[i].family;
    }
    const int rank = facts[series.front()].stageRank;
    const std::string stage =
        rank > 0 && rank < kStageRanks ? ", stage " + std::to_string(rank) : std::string();
    if (family && rank < kStageRanks) {
        StepRange range{std::nullopt, *steps.begin(), *steps.rbegin()};
        if (rank > 0) range.stage = rank;
        const auto expected = family->expected(range);
        if (fits(expected, steps)) {
            const auto gaps = missingFrom(expected, steps);
            if (!gaps.empty())
                findings.push_back(missing(gaps, steps.size(),
                                           "the " + std::to_string(expected.size()) + " of " +
                                               std::string(family->name) + stage));
            return;
        }
    }
    std::int64_t spacing = 0;
    const auto gaps = spacingGaps(steps, spacing);
    if (!gaps.empty())
        findings.push_back(
            missing(gaps, steps.size(), "the spacing of " + std::to_string(spacing) + stage));
}

}  // namespace

AuditFindings findMissingSteps(const AuditFacts& facts) {
    AuditFindings findings;
    for (const auto& series : checkpointSeries(facts)) findInSeries(facts, series, findings);
    return findings;
}

}  // namespace gridscope
