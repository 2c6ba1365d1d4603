// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace gridscope {

namespace {

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t length = 0;  ///< bytes used; 0 = not UTF-8
};

CodePoint decodeUtf8(std::string_view bytes) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned lead = at(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return {};
    std::uint32_t value = lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0u) != 0x80u) return {};
        value = (value << 6) | (at(i) & 0x3Fu);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
    return {value, length};
}

/// Marks that reorder or hide the text around them on a terminal or in a label.
bool isDirectionMark(std::uint32_t c) {
    return c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

}  // namespace

std::string escapeForDisplay(std::string_view bytes, std::size_t limit) {
    std::string out;
    // Escapes count as long as they are shown, or a quote of 80 bytes could take 560 characters.
    std::size_t shown = 0;
    for (std::size_t i = 0; i < bytes.size();) {
        const CodePoint c = decodeUtf8(bytes.substr(i));
        std::array<char, 16> escape{};
        int escapeLength = 0;
        if (c.length == 0) {
            escapeLength =
                std::snprintf(escape.data(), escape.size(), "\\x%02X",
                              static_cast<unsigned>(static_cast<unsigned char>(bytes[i])));
        } else if (c.value < 0x20 || (c.value >= 0x7F && c.value < 0xA0) ||
                   isDirectionMark(c.value)) {
            escapeLength = std::snprintf(escape.data(), escape.size(), "\\u{%X}",
                                         static_cast<unsigned>(c.value));
        }
        shown += escapeLength > 0 ? static_cast<std::size_t>(escapeLength) : 1;
        if (shown > limit) return out + "\xE2\x80\xA6";
        if (escapeLength > 0)
            out += escape.data();
        else
            out.append(bytes.substr(i, c.length));
        i += std::max<std::size_t>(c.length, 1);
    }
    return out;
}

Error Error::inside(std::string_view prefix) const {
    Error outer = *this;
    outer.where = where.empty() ? std::string(prefix) : std::string(prefix) + ", " + where;
    return outer;
}

std::string Error::toText() const {
    std::string text;
    if (!where.empty()) text += escapeForDisplay(where, 4096) + ": ";
    text += escapeForDisplay(what, 300);
    text += " (" + std::string(errorCodeText(code)) + ")";
    if (!hint.empty()) text += ". " + escapeForDisplay(hint, 300);
    return text;
}

}  // namespace gridscope
