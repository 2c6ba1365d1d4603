// SPDX-License-Identifier: GPL-3.0-or-later

// Numbers of a fork report as cells of a table for people.
#pragma once

#include <string>

#include "core/training/fork_report.h"

namespace gridscope {

/// How a table writes signs and what is missing.
struct CellStyle {
    std::string plusMinus;  ///< "\u00B1", "$\\pm$"
    std::string missing;    ///< "-", "--"
    std::string less;       ///< "< ", "$<$ "
    std::string minus;      ///< "-", "$-$"
};

std::string numberCell(double value, int digits, const CellStyle& style);
/// "12.30 +- 0.80"; the mean alone without a standard deviation.
std::string meanCell(const MeanSd& value, const CellStyle& style);
/// "0.0312", "< 0.0001"
std::string pCell(double p, const CellStyle& style);
/// "6/9"; missing without pairs.
std::string winsCell(std::size_t wins, std::size_t pairs, const CellStyle& style);

/// Headings of forkCells.
std::vector<std::string> forkHeadings();
/// A row of the comparison: condition, probes, seeds, final gap, mean gap, control's over the same
/// steps, final FP32 perplexity, wins, t, p, exact p one-sided and two-sided.
std::vector<std::string> forkCells(const ForkReport& report, const ForkRow& row,
                                   const CellStyle& style);
/// The same columns of a row of the paper.
std::vector<std::string> paperCells(const PaperForkRow& row, const CellStyle& style);

}  // namespace gridscope
