// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/byte_alphabet.h"

#include <array>

#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr unsigned kFirstShifted = 256;
constexpr unsigned kShiftedBytes = 68;

constexpr bool standsForItself(unsigned byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

struct Alphabet {
    std::array<char32_t, 256> characters{};
    std::array<std::uint8_t, kShiftedBytes> shifted{};

    constexpr Alphabet() {
        unsigned next = 0;
        for (unsigned byte = 0; byte < 256; ++byte) {
            if (standsForItself(byte)) {
                characters[byte] = byte;
            } else {
                characters[byte] = kFirstShifted + next;
                shifted[next++] = static_cast<std::uint8_t>(byte);
            }
        }
    }
};

constexpr Alphabet kAlphabet;

}  // namespace

char32_t byteCharacter(std::uint8_t byte) { return kAlphabet.characters[byte]; }

std::optional<std::uint8_t> byteOfCharacter(char32_t codePoint) {
    if (codePoint < kFirstShifted)
        return standsForItself(codePoint) ? std::optional(static_cast<std::uint8_t>(codePoint))
                                          : std::nullopt;
    if (codePoint < kFirstShifted + kShiftedBytes)
        return kAlphabet.shifted[codePoint - kFirstShifted];
    return std::nullopt;
}

std::string tokenFromBytes(std::string_view bytes) {
    std::string token;
    for (const char byte : bytes) appendUtf8(token, byteCharacter(static_cast<std::uint8_t>(byte)));
    return token;
}

std::optional<std::string> bytesFromToken(std::string_view token) {
    std::string bytes;
    for (std::size_t i = 0; i < token.size();) {
        const CodePoint next = codePointAt(token, i);
        const auto byte = byteOfCharacter(next.value);
        if (!byte) return std::nullopt;
        bytes.push_back(static_cast<char>(*byte));
        i += next.length;
    }
    return bytes;
}

}  // namespace gridscope
