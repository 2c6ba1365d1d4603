// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/numbers.h"
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

/// Characters, not bytes, so that columns line up beside a plus-minus sign.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    }));
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

    std::vector<std::size_t> widths(lines[0].size(), 0);
    for (const Line& line : lines) {
        for (std::size_t c = 0; c < line.size(); ++c)
            widths[c] = std::max(widths[c], width(line[c]));
    }
    std::string text;
    for (const Line& line : lines) {
        std::string out;
        for (std::size_t c = 0; c < line.size(); ++c) {
            const std::string padding(widths[c] - width(line[c]), ' ');
            const bool isText = c == 1 || c == 2;
            out += (c > 0 ? "  " : "") + (isText ? line[c] + padding : padding + line[c]);
        }
        text += out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
    }
    for (const auto& row : trajectory.rows) {
        if (row->error.empty()) continue;
        text += escapeForDisplay(row->label, 40) + ": " + escapeForDisplay(row->error, 600) + "\n";
    }
    return text;
}

}  // namespace gridscope
