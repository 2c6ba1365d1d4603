// SPDX-License-Identifier: GPL-3.0-or-later

// Cuts a normalized piece of text into the pieces that BPE works on.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/piece_scanners.h"

namespace gridscope {

enum class SpacePrefix { Never, Add };  ///< whether a piece gets a leading space
enum class WordSplit { None, Gpt2 };    ///< whether ByteLevel splits by the GPT-2 rule
enum class DigitSplit { Single, Run };  ///< each number alone, or runs of them
enum class PrependScheme { Always, First, Never };
enum class MarkSplit { None, BeforeMark };  ///< whether Metaspace cuts before each U+2581

struct ByteLevelStep {
    SpacePrefix prefix = SpacePrefix::Never;
    WordSplit split = WordSplit::Gpt2;
};
struct DigitsStep {
    DigitSplit split = DigitSplit::Run;
};
struct MetaspaceStep {
    PrependScheme prepend = PrependScheme::Always;
    MarkSplit split = MarkSplit::BeforeMark;
};
struct LiteralSplitStep {
    std::string literal;  ///< every occurrence is a piece of its own; not empty
};
struct Llama3SplitStep {
    DigitRun digits = DigitRun::UpToThree;
};
using PreTokenizerStep =
    std::variant<ByteLevelStep, DigitsStep, MetaspaceStep, LiteralSplitStep, Llama3SplitStep>;

/// A stretch of text, and whether it starts at the first byte of the whole text.
struct TextPiece {
    std::string_view text;
    bool atTextStart = false;
};

/// Receives pieces in order; the view is valid during the call only.
using PieceSink = std::function<void(const TextPiece&)>;

/// Steps, each applied to every piece of the one before. Immutable once made.
class PreTokenizer {
public:
    PreTokenizer() = default;
    explicit PreTokenizer(std::vector<PreTokenizerStep> steps) : m_steps(std::move(steps)) {}

    /// Gives the pieces of `piece` (valid UTF-8, not empty) to `sink`.
    void split(const TextPiece& piece, const PieceSink& sink) const;

    /// True when the pieces are to be taken byte by byte (a ByteLevel step is present).
    bool isByteLevel() const;

private:
    void splitFrom(std::size_t step, const TextPiece& piece, const PieceSink& sink) const;

    std::vector<PreTokenizerStep> m_steps;
};

}  // namespace gridscope
