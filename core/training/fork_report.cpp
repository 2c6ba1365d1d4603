// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/fork_report.h"

#include <cmath>

namespace gridscope {

namespace {

/// Mean gap of the control's runs at the last step that any of them has. Nothing without one.
std::optional<AuditDistance> controlEnd(const ForkResults& results) {
    AuditDistance end;
    std::vector<double> gaps;
    for (const ComparedRun& run : comparedRuns(results)) {
        if (run.condition != 0) continue;
        for (const ComparedProbe& probe : run.probes) {
            const auto step = static_cast<std::int64_t>(probe.step);
            if (std::isnan(probe.gapPercent) || step < end.controlStep) continue;
            if (step > end.controlStep) gaps.clear();
            end.controlStep = step;
            gaps.push_back(probe.gapPercent);
        }
    }
    if (gaps.empty()) return std::nullopt;
    const MeanSd mean = meanSd(gaps);
    end.controlGap = mean.mean;
    end.seeds = mean.count;
    return end;
}

}  // namespace

ForkReport makeForkReport(ForkResults results) {
    ForkReport report;
    report.comparison =
        compareForks(results.record.design.conditions.size(), comparedRuns(results));
    report.trade = tradePoints(report.comparison);
    report.results = std::move(results);
    return report;
}

Expected<AuditDistance> auditDistance(const ForkResults& results, const SeriesTable& audit,
                                      const std::string& name) {
    auto distance = controlEnd(results);
    if (!distance)
        return Error{ErrorCode::TrajectoryNoData,
                     name,
                     "the control has no measured gap to compare with the audit",
                     {}};
    const std::vector<double> gaps = audit.series("gap_percent", results.gridId).values;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        const ProbeRecord& row = audit.row(i);
        const double away =
            std::fabs(static_cast<double>(row.step) - static_cast<double>(distance->controlStep));
        if (row.step < 0 || std::isnan(gaps[i]) || away >= nearest) continue;
        nearest = away;
        distance->label = row.label;
        distance->auditStep = row.step;
        distance->auditGap = gaps[i];
    }
    if (!std::isfinite(nearest))
        return Error{ErrorCode::TrajectoryNoData, name, "no row has a gap of " + results.gridId,
                     "Probe the audit with --grid " + results.gridId};
    distance->name = name;
    return *distance;
}

}  // namespace gridscope
