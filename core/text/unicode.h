// SPDX-License-Identifier: GPL-3.0-or-later

// UTF-8, Unicode classes and NFC as the tokenizers of formats.md, section 9, need them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gridscope {

/// The classes that pre-tokenizers tell apart.
enum class CharacterClass : std::uint8_t { Other, Letter, Number, Space };

/// Class of every code point: L* and N* of Unicode 15 with the later points of the reference
/// tokenizers, and the 25 white-space points. Immutable; may be used from any thread.
class CharacterClasses {
public:
    /// The one table of the process; made at the first call (about 1 MB).
    static const CharacterClasses& instance();

    CharacterClass of(char32_t codePoint) const {
        return codePoint < m_classes.size() ? m_classes[codePoint] : CharacterClass::Other;
    }

private:
    CharacterClasses();
    std::vector<CharacterClass> m_classes;
};

/// A code point with the number of bytes it takes.
struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0;
};

/// The code point that starts at `position`. `text` must be valid UTF-8 and `position` < size.
CodePoint codePointAt(std::string_view text, std::size_t position);

/// Puts `codePoint` as UTF-8 at the end of `text`.
void appendUtf8(std::string& text, char32_t codePoint);

/// Bytes of the longest valid prefix; text.size() when all of `text` is UTF-8.
std::size_t validUtf8Prefix(std::string_view text);

/// UTF-8 in which every ill-formed sequence has become one U+FFFD.
struct RepairedText {
    std::string text;
    std::uint64_t replaced = 0;  ///< sequences that were replaced
};

/// Replaces each maximal ill-formed part by U+FFFD (Unicode 15, section 3.9).
RepairedText repairUtf8(std::string_view text);

/// True when `text` (valid UTF-8) surely is in NFC already: no code point from U+0300 on.
bool isPlainlyNfc(std::string_view text);

/// Canonical composition of `text`, which must be valid UTF-8.
std::string toNfc(std::string_view text);

}  // namespace gridscope
