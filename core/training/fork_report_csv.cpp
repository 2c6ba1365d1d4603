// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <initializer_list>

#include "core/base/error.h"
#include "core/base/numbers.h"
#include "core/training/fork_report.h"

namespace gridscope {

namespace {

std::string number(double value) { return std::isnan(value) ? std::string() : formatNumber(value); }

/// A line end in a comment would begin a row.
std::string comment(const std::string& text) { return "# " + escapeForDisplay(text, 400) + "\n"; }

std::string line(std::initializer_list<std::string> cells) {
    std::string text;
    for (const std::string& cell : cells) text += (text.empty() ? "" : ",") + cell;
    return text + "\n";
}

}  // namespace

std::string forkReportToCsv(const ForkReport& report) {
    const ForkRecord& record = report.results.record;
    std::string text =
        comment("Fork of " + record.checkpointLabel + ", " + std::to_string(record.design.steps) +
                " steps; gap of " + report.results.gridId + "; written by Gridscope") +
        comment("checkpoint: " + record.checkpointSha256);
    for (const ForkRunResult& run : report.results.runs)
        text += comment(run.name + ": " + std::string(forkRunStateName(run.status.state)));
    for (const std::string& remark : report.comparison.remarks) text += comment(remark);
    text += line({"condition",
                  "probes",
                  "seeds",
                  "final_gap [%]",
                  "final_gap_sd [%]",
                  "mean_gap [%]",
                  "mean_gap_sd [%]",
                  "control_gap [%]",
                  "control_gap_sd [%]",
                  "final_fp32_ppl",
                  "final_fp32_ppl_sd",
                  "wins",
                  "pairs",
                  "welch_t",
                  "welch_degrees",
                  "welch_p",
                  "exact_p_lower",
                  "least_p_lower",
                  "exact_p_two_sided",
                  "least_p_two_sided"});
    for (const ForkRow& row : report.comparison.rows) {
        const PermutationTest exact = row.overSeeds.value_or(PermutationTest{});
        text += line({record.design.conditions[row.condition].name,
                      std::string(probeClassName(row.probes)),
                      std::to_string(row.meanGap.count),
                      number(row.finalGap.mean),
                      number(row.finalGap.sd),
                      number(row.meanGap.mean),
                      number(row.meanGap.sd),
                      number(row.controlGap.mean),
                      number(row.controlGap.sd),
                      number(row.finalPpl.mean),
                      number(row.finalPpl.sd),
                      std::to_string(row.wins),
                      std::to_string(row.pairs),
                      number(row.overProbes.t),
                      number(row.overProbes.degrees),
                      number(row.overProbes.p),
                      number(exact.pLower),
                      number(exact.smallestLower),
                      number(exact.pTwoSided),
                      number(exact.smallestTwoSided)});
    }
    return text;
}

}  // namespace gridscope
