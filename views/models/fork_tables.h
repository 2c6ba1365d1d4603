// SPDX-License-Identifier: GPL-3.0-or-later

// The tables of a fork report as people read them on screen; missing values are "–".
#pragma once

#include "core/training/fork_report.h"
#include "views/models/cell_table_model.h"

namespace gridscope::views {

/// A row a condition and class of probes: seeds, final gap, mean gap, control over the same steps,
/// final FP32 perplexity, wins over the control.
CellTable forkResultsTable(const ForkReport& report);
/// The same columns of the paper's Table 2, tagged; empty without it.
CellTable paperForkTable(const ForkReport& report);
/// [condition, condition]: wins of the row over the column, "6/9".
CellTable forkWinsTable(const ForkReport& report);
/// A row a condition and class but the control's: Welch over probes, exact p over seeds.
CellTable forkTestsTable(const ForkReport& report);

/// "Fork of step70000 at step 70,000: 30,000 steps, 3 conditions, 3 seeds, 9 of 9 runs ended."
QString forkSummary(const ForkReport& report);
/// How far the control is from the audit; empty without one.
QString auditSentence(const ForkReport& report);
/// The same of the paper's two; empty without its numbers.
QString paperSentence(const ForkReport& report);
/// Remarks on the comparison and warnings of the design, one each.
QStringList forkNotes(const ForkReport& report);
/// Known inconsistencies and sources of the paper's numbers; empty without them.
QStringList paperNotes(const ForkReport& report);

}  // namespace gridscope::views
