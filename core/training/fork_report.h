// SPDX-License-Identifier: GPL-3.0-or-later

// A fork experiment as a report in the manner of the paper's Table 2: text, JSON, CSV, LaTeX.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/fork_comparison.h"
#include "core/analysis/paper_fork.h"
#include "core/base/expected.h"
#include "core/training/fork_results.h"
#include "core/trajectory/series_table.h"

namespace gridscope {

/// The control beside the trajectory of a run that was never forked.
struct AuditDistance {
    std::string name;   ///< of the audit, for people: its file
    std::string label;  ///< checkpoint whose row is compared: the nearest with a gap
    std::int64_t auditStep = 0;
    double auditGap = 0.0;         ///< percent
    std::int64_t controlStep = 0;  ///< last step at which the control was measured
    double controlGap = 0.0;       ///< percent, mean over the seeds measured there
    std::size_t seeds = 0;

    double points() const { return controlGap - auditGap; }
};

struct ForkReport {
    ForkResults results;
    ForkComparison comparison;
    std::vector<TradePoint> trade;
    std::optional<AuditDistance> audit;
    std::optional<PaperFork> paper;
};

/// Compares what was measured; without audit and paper, which the caller may add.
ForkReport makeForkReport(ForkResults results);

/// Gap of `audit` at the control's last step, on the grid of the results.
/// Errors: trajectory.no-data (no gap of that grid in the audit, or none of the control yet)
Expected<AuditDistance> auditDistance(const ForkResults& results, const SeriesTable& audit,
                                      const std::string& name);

/// For people; every run with its state. Ends with a line end.
std::string forkReportToText(const ForkReport& report);

/// {"format_version":1,"experiment":{...},"runs":[...],"rows":[...],"wins":[[...]],"trade":[...],
/// "remarks":[...],"audit":{...} or null,"paper":{...} or null}. The names of keys do not change;
/// numbers in the C locale, non-finite ones null. Ends with a line end.
std::string forkReportToJson(const ForkReport& report);

/// The rows of the comparison with `#` comments before the headings "name [unit]"; shortest numbers
/// that read back as the same double, missing values empty. Without the paper's rows.
std::string forkReportToCsv(const ForkReport& report);

/// A tabular without caption or packages, with comments that say where it comes from.
std::string forkReportToLatex(const ForkReport& report);

}  // namespace gridscope
