// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include "core/base/numbers.h"
#include "core/training/fork_report_cells_impl.h"

namespace gridscope {

std::string numberCell(double value, int digits, const CellStyle& style) {
    if (std::isnan(value)) return style.missing;
    if (std::isinf(value)) return value > 0 ? "inf" : style.minus + "inf";
    const std::string size = std::fabs(value) >= 1e7 ? formatNumber(std::fabs(value))
                                                     : formatFixed(std::fabs(value), digits);
    return (std::signbit(value) ? style.minus : "") + size;
}

std::string meanCell(const MeanSd& value, const CellStyle& style) {
    const std::string mean = numberCell(value.mean, 2, style);
    if (std::isnan(value.sd)) return mean;
    return mean + " " + style.plusMinus + " " + numberCell(value.sd, 2, style);
}

std::string pCell(double p, const CellStyle& style) {
    constexpr double kLeast = 0.0001;
    if (p < kLeast) return style.less + "0.0001";
    return numberCell(p, 4, style);
}

std::string winsCell(std::size_t wins, std::size_t pairs, const CellStyle& style) {
    if (pairs == 0) return style.missing;
    return std::to_string(wins) + "/" + std::to_string(pairs);
}

std::vector<std::string> forkHeadings() {
    return {"condition",
            "probes",
            "seeds",
            "final gap %",
            "mean gap %",
            "control, same steps %",
            "FP32 PPL",
            "wins",
            "t",
            "p",
            "exact p, one-sided",
            "exact p, two-sided"};
}

std::vector<std::string> forkCells(const ForkReport& report, const ForkRow& row,
                                   const CellStyle& style) {
    const auto& conditions = report.results.record.design.conditions;
    const PermutationTest exact = row.overSeeds.value_or(PermutationTest{});
    const auto exactCell = [&](double p, double least) {
        if (std::isnan(p)) return style.missing;
        return pCell(p, style) + " (least " + pCell(least, style) + ")";
    };
    return {conditions[row.condition].name,
            std::string(probeClassName(row.probes)),
            std::to_string(row.meanGap.count),
            meanCell(row.finalGap, style),
            meanCell(row.meanGap, style),
            meanCell(row.controlGap, style),
            meanCell(row.finalPpl, style),
            winsCell(row.wins, row.pairs, style),
            numberCell(row.overProbes.t, 2, style),
            pCell(row.overProbes.p, style),
            exactCell(exact.pLower, exact.smallestLower),
            exactCell(exact.pTwoSided, exact.smallestTwoSided)};
}

std::vector<std::string> paperCells(const PaperForkRow& row, const CellStyle& style) {
    const std::string gap =
        numberCell(row.gapPercent, 1, style) +
        (std::isnan(row.gapSd) ? ""
                               : " " + style.plusMinus + " " + numberCell(row.gapSd, 1, style));
    const bool isMean = row.gapIsMean();
    const std::string wins = std::isnan(row.pairs) ? style.missing
                                                   : numberCell(row.wins, 0, style) + "/" +
                                                         numberCell(row.pairs, 0, style);
    const std::string p =
        std::isnan(row.pBelow) ? style.missing : style.less + numberCell(row.pBelow, 4, style);
    return {row.condition + " " + row.schedule + " (paper)",
            row.probes,
            std::to_string(PaperForkRow::kSeeds),
            isMean ? style.missing : gap,
            isMean ? gap : style.missing,
            numberCell(row.controlGap, 1, style),
            numberCell(row.fp32Ppl, 1, style),
            wins,
            numberCell(row.t, 2, style),
            p,
            style.missing,
            style.missing};
}

}  // namespace gridscope
