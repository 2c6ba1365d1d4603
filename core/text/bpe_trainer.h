// SPDX-License-Identifier: GPL-3.0-or-later

// Makes a byte-level BPE tokenizer.json from a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

struct TrainedTokenizer {
    std::string json;                  ///< content of a tokenizer.json
    std::uint64_t vocabularySize = 0;  ///< tokens; fewer than asked for if the text ran out
    std::uint64_t merges = 0;
};

/// Splits `text` by the GPT-2 rule and merges the most frequent pair again and again; of equally
/// frequent pairs the one with the smaller ids. Pairs that occur once are not merged. Id 0 is the
/// special token <|endoftext|>, ids 1 to 256 are the bytes in the order of their characters.
/// Deterministic. Ill-formed UTF-8 counts as U+FFFD.
/// @param vocabularySize 258 to 1,000,000
/// Errors: settings.range, tokens.too-few (empty text), memory.failed.
Expected<TrainedTokenizer> trainBpeTokenizer(std::string_view text, std::uint64_t vocabularySize);

}  // namespace gridscope
