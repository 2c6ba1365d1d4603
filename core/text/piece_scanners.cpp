// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/piece_scanners.h"

namespace gridscope {

namespace {

constexpr char32_t kLongS = 0x17F;

bool isLineBreak(char32_t c) { return c == '\r' || c == '\n'; }

/// Walks over one text; every position is a byte offset at a code point.
struct Scan {
    const CharacterClasses& classes;
    std::string_view text;

    bool atEnd(std::size_t i) const { return i >= text.size(); }
    CodePoint at(std::size_t i) const { return codePointAt(text, i); }
    CharacterClass classAt(std::size_t i) const { return classes.of(at(i).value); }

    /// First position from `i` on whose code point is not of class `wanted`.
    std::size_t skip(std::size_t i, CharacterClass wanted) const {
        while (!atEnd(i)) {
            const CodePoint next = at(i);
            if (classes.of(next.value) != wanted) break;
            i += next.length;
        }
        return i;
    }

    std::size_t skipLineBreaks(std::size_t i) const {
        while (!atEnd(i) && isLineBreak(at(i).value)) ++i;
        return i;
    }

    /// End of `\s+(?!\S)|\s+` at `begin`: the whole run of white space, less its last character
    /// if something follows and the run is longer than one.
    std::size_t spaceEnd(std::size_t begin) const {
        std::size_t last = begin;
        std::size_t i = begin;
        while (!atEnd(i)) {
            const CodePoint next = at(i);
            if (classes.of(next.value) != CharacterClass::Space) break;
            last = i;
            i += next.length;
        }
        return !atEnd(i) && last > begin ? last : i;
    }
};

/// Bytes of 's 't 're 've 'm 'll 'd (lower case) at `i`, or 0.
std::size_t contractionLength(std::string_view text, std::size_t i) {
    if (text[i] != '\'' || i + 1 >= text.size()) return 0;
    const char first = text[i + 1];
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    if (i + 2 >= text.size()) return 0;
    const std::string_view pair = text.substr(i + 1, 2);
    return pair == "re" || pair == "ve" || pair == "ll" ? 3 : 0;
}

/// The same in any case; long s folds to s.
std::size_t anyCaseContractionLength(const Scan& scan, std::size_t i) {
    if (scan.text[i] != '\'' || scan.atEnd(i + 1)) return 0;
    const CodePoint first = scan.at(i + 1);
    const auto folded = [](char32_t c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; };
    const char32_t a = folded(first.value);
    if (a == 's' || a == kLongS || a == 't' || a == 'm' || a == 'd') return 1 + first.length;
    if (scan.atEnd(i + 2) || (a != 'r' && a != 'v' && a != 'l')) return 0;
    const char32_t b = folded(scan.at(i + 2).value);
    return b == (a == 'l' ? U'l' : U'e') ? 3 : 0;
}

/// End of `\s*[\r\n]+` at `begin`: after the last line break of the white-space run, or `begin`.
std::size_t lineBreakEnd(const Scan& scan, std::size_t begin) {
    std::size_t end = begin;
    for (std::size_t i = begin; !scan.atEnd(i);) {
        const CodePoint next = scan.at(i);
        if (scan.classes.of(next.value) != CharacterClass::Space) break;
        i += next.length;
        if (isLineBreak(next.value)) end = i;
    }
    return end;
}

std::size_t numberEnd(const Scan& scan, std::size_t i, DigitRun digits) {
    for (std::size_t n = 0; n < static_cast<std::size_t>(digits) && !scan.atEnd(i); ++n) {
        const CodePoint next = scan.at(i);
        if (scan.classes.of(next.value) != CharacterClass::Number) break;
        i += next.length;
    }
    return i;
}

}  // namespace

std::size_t gpt2PieceLength(const CharacterClasses& classes, std::string_view text,
                            std::size_t position) {
    const Scan scan{classes, text};
    if (const std::size_t length = contractionLength(text, position)) return length;
    std::size_t start = position;
    if (text[position] == ' ' && !scan.atEnd(position + 1) &&
        scan.classAt(position + 1) != CharacterClass::Space)
        ++start;
    const CharacterClass kind = scan.classAt(start);
    if (kind != CharacterClass::Space) return scan.skip(start, kind) - position;
    return scan.spaceEnd(position) - position;
}

std::size_t llama3PieceLength(const CharacterClasses& classes, DigitRun digits,
                              std::string_view text, std::size_t position) {
    const Scan scan{classes, text};
    if (const std::size_t length = anyCaseContractionLength(scan, position)) return length;

    const CodePoint first = scan.at(position);
    const CharacterClass kind = classes.of(first.value);
    const std::size_t second = position + first.length;
    // One character that is no letter, number or line break may lead a run of letters.
    const bool mayLead = kind != CharacterClass::Number && !isLineBreak(first.value);
    if (mayLead && !scan.atEnd(second) && scan.classAt(second) == CharacterClass::Letter)
        return scan.skip(second, CharacterClass::Letter) - position;
    if (kind == CharacterClass::Letter)
        return scan.skip(position, CharacterClass::Letter) - position;
    if (kind == CharacterClass::Number) return numberEnd(scan, position, digits) - position;

    const std::size_t start = first.value == ' ' ? second : position;
    const std::size_t symbols = scan.skip(start, CharacterClass::Other);
    if (symbols > start) return scan.skipLineBreaks(symbols) - position;

    const std::size_t lines = lineBreakEnd(scan, position);
    if (lines > position) return lines - position;
    return scan.spaceEnd(position) - position;
}

}  // namespace gridscope
