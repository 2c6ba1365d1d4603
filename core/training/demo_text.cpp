// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/demo_text.h"

#include <algorithm>

namespace gridscope {

namespace {

constexpr std::size_t kPieces = 12;
constexpr std::size_t kHeldOutPercent = 5;

/// Start of the line that `position` lies in.
std::size_t lineStart(std::string_view text, std::size_t position) {
    if (position == 0 || position >= text.size()) return std::min(position, text.size());
    const std::size_t newline = text.rfind('\n', position - 1);
    return newline == std::string_view::npos ? 0 : newline + 1;
}

}  // namespace

SplitText splitText(std::string_view text, std::uint64_t trainingBytes) {
    SplitText result;
    for (std::size_t piece = 0; piece < kPieces; ++piece) {
        const std::size_t begin = lineStart(text, piece * text.size() / kPieces);
        const std::size_t end = lineStart(text, (piece + 1) * text.size() / kPieces);
        const std::size_t cut =
            std::max(begin, lineStart(text, end - (end - begin) * kHeldOutPercent / 100));
        const std::size_t share = static_cast<std::size_t>(trainingBytes) / kPieces;
        const std::size_t last = std::max(begin, lineStart(text, std::min(begin + share, cut)));
        result.training += text.substr(begin, last - begin);
        result.heldOut += text.substr(cut, end - cut);
    }
    return result;
}

std::string withoutVerseReferences(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t newline = std::min(text.find('\n'), text.size() - 1);
        std::string_view line = text.substr(0, newline + 1);
        text.remove_prefix(newline + 1);
        const std::size_t blank = line.find(' ');
        const bool hasReference = blank != std::string_view::npos &&
                                  line.substr(0, blank).find(':') != std::string_view::npos;
        if (hasReference) line.remove_prefix(blank + 1);
        out += line;
    }
    return out;
}

}  // namespace gridscope
