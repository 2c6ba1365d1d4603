// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/text_table.h"

#include <algorithm>
#include <string_view>

namespace gridscope {

namespace {

/// Characters, not bytes, so that columns line up beside a plus-minus sign.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    }));
}

}  // namespace

std::string alignedColumns(const std::vector<std::vector<std::string>>& lines,
                           const std::set<std::size_t>& textColumns) {
    std::vector<std::size_t> widths;
    for (const auto& line : lines) {
        widths.resize(std::max(widths.size(), line.size()), 0);
        for (std::size_t c = 0; c < line.size(); ++c)
            widths[c] = std::max(widths[c], width(line[c]));
    }
    std::string text;
    for (const auto& line : lines) {
        std::string out;
        for (std::size_t c = 0; c < line.size(); ++c) {
            const std::string padding(widths[c] - width(line[c]), ' ');
            out += (c > 0 ? "  " : "") +
                   (textColumns.contains(c) ? line[c] + padding : padding + line[c]);
        }
        text += out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

}  // namespace gridscope
