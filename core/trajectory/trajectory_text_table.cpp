// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include "core/base/error.h"
#include "core/base/numbers.h"
#include "core/base/text_table.h"
#include "core/trajectory/trajectory_export.h"

namespace gridscope {

namespace {

constexpr double kLargestShown = 1e300;
using Line = std::vector<std::string>;

std::string shown(double value, int digits) {
    if (std::isnan(value)) return "-";
    if (value > kLargestShown) return "> 1e300";
    if (std::fabs(value) >= 1e7) return formatNumber(value);
    return formatFixed(value, digits);
}

std::string shownGap(const Estimate& gap) {
    if (std::isnan(gap.value)) return "-";
    if (!std::isfinite(gap.value)) return "n/a";
    std::string text = shown(gap.value, 2);
    const double half = (gap.high - gap.low) / 2;
    if (std::isfinite(half)) text += " \xC2\xB1 " + shown(half, 2);
    return text;
}

Line lineOf(const Trajectory& trajectory, const ProbeRecord& row) {
    Line line{row.step < 0 ? "-" : std::to_string(row.step), escapeForDisplay(row.label, 40),
              std::string(rowStatusName(row.status)), shown(row.fp32.ppl, 3),
              shown(row.kurtosisMean, 3)};
    for (const std::string& id : trajectory.gridIds) {
        const auto found = row.grids.find(id);
        line.push_back(found == row.grids.end() ? "-" : shownGap(found->second.gapPercent));
    }
    return line;
}

}  // namespace

std::string trajectoryToTable(const Trajectory& trajectory) {
    std::vector<Line> lines{{"step", "label", "status", "FP32 PPL", "kurtosis"}};
    for (const std::string& id : trajectory.gridIds)
        lines[0].push_back("gap % " + escapeForDisplay(id, 40));
    for (const auto& row : trajectory.rows) lines.push_back(lineOf(trajectory, *row));

    std::string text = alignedColumns(lines, {1, 2});
    for (const auto& row : trajectory.rows) {
        if (row->error.empty()) continue;
        text += escapeForDisplay(row->label, 40) + ": " + escapeForDisplay(row->error, 600) + "\n";
    }
    return text;
}

}  // namespace gridscope
