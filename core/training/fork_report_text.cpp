// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>

#include "core/base/numbers.h"
#include "core/base/text_table.h"
#include "core/training/fork_report_cells_impl.h"
#include "core/training/schedule_text.h"

namespace gridscope {

namespace {

using Lines = std::vector<std::vector<std::string>>;

const CellStyle kPlain{"\xC2\xB1", "-", "< ", "-"};

std::string points(double value) {
    return (value > 0 ? "+" : "") + numberCell(value, 2, kPlain) + " points";
}

std::string headText(const ForkReport& report) {
    const ForkRecord& record = report.results.record;
    const ForkDesign& design = record.design;
    std::string text = "Fork of " + escapeForDisplay(record.checkpointLabel) + " at step " +
                       std::to_string(design.forkStep) + ": " + std::to_string(design.steps) +
                       " steps, " + std::to_string(design.conditions.size()) + " conditions, " +
                       std::to_string(design.seeds.size()) + " seeds\n";
    if (!report.results.gridId.empty()) text += "Gap of " + report.results.gridId + "\n";
    if (!record.evaluation.empty())
        text += "Probed on " + escapeForDisplay(record.evaluation, 300) + "\n";
    const std::string warning = aliasingWarning(design);
    if (!warning.empty()) text += "Note: " + warning + "\n";
    Lines lines{{"condition", "schedule"}};
    for (const ForkCondition& condition : design.conditions)
        lines.push_back({condition.name, conditionText(condition.schedule)});
    return text + "\n" + alignedColumns(lines, {0, 1});
}

std::string runsText(const ForkReport& report) {
    const std::vector<ComparedRun> compared = comparedRuns(report.results);
    Lines lines{{"run", "state", "step", "probes", "compared", "note"}};
    for (const ForkRunResult& run : report.results.runs) {
        const bool takesPart = std::any_of(
            compared.begin(), compared.end(),
            [&](const ComparedRun& one) { return one.name == run.name && !one.probes.empty(); });
        const std::int64_t step = run.status.state != ForkRunState::Planned ? run.status.step
                                  : run.probes.empty()                      ? -1
                                                       : run.probes.back().step;
        const bool begun = run.status.state == ForkRunState::Planned && !run.probes.empty();
        lines.push_back({run.name,
                         begun ? "begun" : std::string(forkRunStateName(run.status.state)),
                         step < 0 ? "-" : std::to_string(step), std::to_string(run.probes.size()),
                         takesPart ? "yes" : "no", escapeForDisplay(run.status.note, 120)});
    }
    return "\n" + alignedColumns(lines, {0, 1, 4, 5});
}

std::string winsText(const ForkReport& report) {
    const auto& conditions = report.results.record.design.conditions;
    if (conditions.size() < 2) return {};
    Lines lines{{"wins over"}};
    for (const ForkCondition& condition : conditions) lines[0].push_back(condition.name);
    for (std::size_t a = 0; a < conditions.size(); ++a) {
        lines.push_back({conditions[a].name});
        for (const WinsCell& cell : report.comparison.wins[a])
            lines.back().push_back(winsCell(cell.wins, cell.pairs, kPlain));
    }
    return "\nMeans over all common steps, all seed pairs:\n" + alignedColumns(lines, {0});
}

std::string tradeText(const ForkReport& report) {
    if (report.trade.size() < 2) return {};
    const auto& conditions = report.results.record.design.conditions;
    Lines lines{{"condition", "probes", "final gap %", "FP32 PPL against control %", "Pareto"}};
    for (const TradePoint& point : report.trade)
        lines.push_back({conditions[point.condition].name,
                         std::string(probeClassName(point.probes)),
                         numberCell(point.gapPercent, 2, kPlain),
                         numberCell(point.pplPercent, 2, kPlain), point.onFront ? "yes" : "no"});
    return "\nWhat the gap costs in FP32 perplexity:\n" + alignedColumns(lines, {0, 1, 4});
}

std::string auditText(const ForkReport& report) {
    if (!report.audit) return {};
    const AuditDistance& audit = *report.audit;
    return "\nControl against audit: " + numberCell(audit.controlGap, 2, kPlain) + " % at step " +
           std::to_string(audit.controlStep) + ", mean of " + std::to_string(audit.seeds) +
           " seeds; " + escapeForDisplay(audit.name) + " has " +
           numberCell(audit.auditGap, 2, kPlain) + " % at " + escapeForDisplay(audit.label) +
           " (step " + std::to_string(audit.auditStep) + "): " + points(audit.points()) + "\n";
}

std::string paperText(const ForkReport& report) {
    if (!report.paper) return {};
    std::string text = "\nThe paper's numbers, not measured here:\n";
    Lines lines{forkHeadings()};
    for (const PaperForkRow& row : report.paper->rows) lines.push_back(paperCells(row, kPlain));
    text += alignedColumns(lines, {0, 1});
    if (!report.paper->rows.empty())
        text += "Control against audit: " +
                numberCell(report.paper->rows.front().gapPercent, 1, kPlain) + " % and " +
                numberCell(report.paper->auditGap, 1, kPlain) + " % at step " +
                formatFixed(report.paper->auditStep, 0) + ": " +
                points(report.paper->rows.front().gapPercent - report.paper->auditGap) + "\n";
    for (const std::string& note : report.paper->notes) text += "- " + note + "\n";
    for (const std::string& source : report.paper->sources) text += "Source: " + source + "\n";
    return text;
}

}  // namespace

std::string forkReportToText(const ForkReport& report) {
    Lines lines{forkHeadings()};
    for (const ForkRow& row : report.comparison.rows)
        lines.push_back(forkCells(report, row, kPlain));
    std::string text = headText(report) + runsText(report) + "\n" + alignedColumns(lines, {0, 1});
    for (const std::string& remark : report.comparison.remarks) text += "- " + remark + "\n";
    return text + winsText(report) + tradeText(report) + auditText(report) + paperText(report);
}

}  // namespace gridscope
