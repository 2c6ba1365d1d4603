// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/unicode.h"

#include <utf8proc.h>
#include <algorithm>
#include <array>

namespace gridscope {

namespace {

constexpr char32_t kCodePoints = 0x110000;
constexpr char32_t kReplacement = 0xFFFD;

struct Range {
    char32_t first;
    char32_t last;
};

// What Unicode 16 added to L* and N* after the tables of utf8proc 2.8.0 (formats.md, 9.2).
constexpr std::array kNewLetters = {
    Range{0x1C89, 0x1C8A},   Range{0xA7CB, 0xA7CD},   Range{0xA7DA, 0xA7DC},
    Range{0x105C0, 0x105F3}, Range{0x10D4A, 0x10D65}, Range{0x10D6F, 0x10D85},
    Range{0x10EC2, 0x10EC4}, Range{0x11380, 0x11389}, Range{0x1138B, 0x1138B},
    Range{0x1138E, 0x1138E}, Range{0x11390, 0x113B5}, Range{0x113B7, 0x113B7},
    Range{0x113D1, 0x113D1}, Range{0x113D3, 0x113D3}, Range{0x11BC0, 0x11BE0},
    Range{0x13460, 0x143FA}, Range{0x16100, 0x1611D}, Range{0x16D40, 0x16D6C},
    Range{0x18CFF, 0x18CFF}, Range{0x1E5D0, 0x1E5ED}, Range{0x1E5F0, 0x1E5F0},
    Range{0x2EBF0, 0x2EE5D}};
constexpr std::array kNewNumbers = {Range{0x10D40, 0x10D49}, Range{0x116D0, 0x116E3},
                                    Range{0x11BF0, 0x11BF9}, Range{0x16130, 0x16139},
                                    Range{0x16D70, 0x16D79}, Range{0x1CCF0, 0x1CCF9},
                                    Range{0x1E5F1, 0x1E5FA}};
constexpr std::array kSpaces = {Range{0x9, 0xD},       Range{0x20, 0x20},     Range{0x85, 0x85},
                                Range{0xA0, 0xA0},     Range{0x1680, 0x1680}, Range{0x2000, 0x200A},
                                Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x205F},
                                Range{0x3000, 0x3000}};

CharacterClass classFromCategory(utf8proc_category_t category) {
    switch (category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return CharacterClass::Letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return CharacterClass::Number;
    default:
        return CharacterClass::Other;
    }
}

unsigned byteAt(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

/// Well-formed code point at `position`, or value kCodePoints with the length of the maximal
/// ill-formed part (Unicode 15, table 3-7).
CodePoint checkedCodePointAt(std::string_view text, std::size_t position) {
    const unsigned lead = byteAt(text, position);
    if (lead < 0x80) return {lead, 1};
    std::size_t following = 0;
    char32_t value = 0;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        following = 1;
        value = lead & 0x1Fu;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        following = 2;
        value = lead & 0x0Fu;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        following = 3;
        value = lead & 0x07u;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return {kCodePoints, 1};
    }
    for (std::size_t k = 1; k <= following; ++k) {
        if (position + k >= text.size()) return {kCodePoints, k};
        const unsigned byte = byteAt(text, position + k);
        if (byte < low || byte > high) return {kCodePoints, k};
        value = (value << 6) | (byte & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    return {value, following + 1};
}

}  // namespace

CharacterClasses::CharacterClasses() : m_classes(kCodePoints, CharacterClass::Other) {
    for (char32_t c = 0; c < kCodePoints; ++c)
        m_classes[c] = classFromCategory(utf8proc_category(static_cast<utf8proc_int32_t>(c)));
    const auto fill = [&](const auto& ranges, CharacterClass value) {
        for (const Range& range : ranges)
            for (char32_t c = range.first; c <= range.last; ++c) m_classes[c] = value;
    };
    fill(kNewLetters, CharacterClass::Letter);
    fill(kNewNumbers, CharacterClass::Number);
    fill(kSpaces, CharacterClass::Space);
}

const CharacterClasses& CharacterClasses::instance() {
    static const CharacterClasses classes;
    return classes;
}

CodePoint codePointAt(std::string_view text, std::size_t position) {
    const unsigned lead = byteAt(text, position);
    if (lead < 0x80) return {lead, 1};
    return checkedCodePointAt(text, position);
}

void appendUtf8(std::string& text, char32_t c) {
    const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

std::size_t validUtf8Prefix(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const CodePoint next = checkedCodePointAt(text, i);
        if (next.value >= kCodePoints) return i;
        i += next.length;
    }
    return i;
}

RepairedText repairUtf8(std::string_view text) {
    RepairedText repaired;
    repaired.text.reserve(text.size());
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t good = validUtf8Prefix(text.substr(i));
        repaired.text.append(text.substr(i, good));
        i += good;
        if (i == text.size()) break;
        appendUtf8(repaired.text, kReplacement);
        ++repaired.replaced;
        i += checkedCodePointAt(text, i).length;
    }
    return repaired;
}

bool isPlainlyNfc(std::string_view text) {
    // U+0300 starts with 0xCC, and every code point below it is a starter that nothing below it
    // composes with.
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) >= 0xCC; });
}

}  // namespace gridscope
