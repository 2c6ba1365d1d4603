// SPDX-License-Identifier: GPL-3.0-or-later

// The printable character that byte-level tokenizers write for each byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridscope {

/// Bytes 33-126, 161-172 and 174-255 stand for themselves, the others for U+0100, U+0101, ...
/// in order (formats.md, 9.2).
char32_t byteCharacter(std::uint8_t byte);

/// The byte behind a byte character, or nothing for any other code point.
std::optional<std::uint8_t> byteOfCharacter(char32_t codePoint);

/// Each byte as its byte character, in UTF-8.
std::string tokenFromBytes(std::string_view bytes);

/// The bytes behind `token` (valid UTF-8), or nothing if it holds any other character.
std::optional<std::string> bytesFromToken(std::string_view token);

}  // namespace gridscope
