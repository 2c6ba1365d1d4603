// SPDX-License-Identifier: GPL-3.0-or-later

// Turns the tokens of a tokenizer back into text.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "core/base/expected.h"
#include "core/text/normalizer.h"

namespace gridscope {

struct ByteLevelDecoding {};     ///< byte characters to bytes, everything joined
struct ByteFallbackDecoding {};  ///< runs of <0xNN> to the text they spell
struct FuseDecoding {};          ///< everything joined
struct StripDecoding {
    std::string content;    ///< one character
    std::size_t start = 0;  ///< at most so many are taken from the front of each token
    std::size_t stop = 0;   ///< and from the end
};
using DecoderStep =
    std::variant<ByteLevelDecoding, ReplaceStep, ByteFallbackDecoding, FuseDecoding, StripDecoding>;

/// Steps applied one after the other to a list of tokens. Immutable once made.
class TokenDecoder {
public:
    TokenDecoder() = default;
    TokenDecoder(std::vector<DecoderStep> steps, std::string separator)
        : m_steps(std::move(steps)), m_separator(std::move(separator)) {}

    /// The text of `tokens`; bytes that are not UTF-8 become U+FFFD.
    /// Errors: tokenizer.limit where a step makes more of them than largestResult.
    Expected<std::string> decode(std::vector<std::string> tokens) const;

private:
    std::vector<DecoderStep> m_steps;
    std::string m_separator;  // between what is left of the tokens
};

}  // namespace gridscope
