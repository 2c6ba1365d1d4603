// SPDX-License-Identifier: GPL-3.0-or-later

// Hand-written scanners for the few split patterns that known tokenizers use.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/text/unicode.h"

namespace gridscope {

/// Bytes of the piece that starts at `position` of `text` (valid UTF-8), by the GPT-2 rule
/// (formats.md, 9.2 step 3). Always at least one code point.
std::size_t gpt2PieceLength(const CharacterClasses& classes, std::string_view text,
                            std::size_t position);

/// How many digits one piece of the Qwen2 and Llama-3 patterns may hold.
enum class DigitRun : std::size_t { One = 1, UpToThree = 3 };

/// The same for the Qwen2 (`\p{N}`) and Llama-3 (`\p{N}{1,3}`) patterns of formats.md, 9.4.
std::size_t llama3PieceLength(const CharacterClasses& classes, DigitRun digits,
                              std::string_view text, std::size_t position);

}  // namespace gridscope
