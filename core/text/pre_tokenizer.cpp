// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/pre_tokenizer.h"

#include <algorithm>

#include "core/text/normalizer.h"

namespace gridscope {

namespace {

constexpr std::string_view kMark = "\xE2\x96\x81";  // U+2581

/// Cuts `piece` into runs of `length(text, position)` bytes.
template <class Length>
void cut(const TextPiece& piece, const PieceSink& sink, Length length) {
    const std::string_view text = piece.text;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t bytes = length(text, i);
        sink({text.substr(i, bytes), piece.atTextStart && i == 0});
        i += bytes;
    }
}

struct Split {
    const TextPiece& piece;
    const PieceSink& sink;

    void operator()(const ByteLevelStep& step) const {
        std::string prefixed;
        TextPiece input = piece;
        if (step.prefix == SpacePrefix::Add && !piece.text.starts_with(' ')) {
            prefixed.append(" ").append(piece.text);
            input.text = prefixed;
        }
        if (step.split == WordSplit::None) return sink(input);
        const CharacterClasses& classes = CharacterClasses::instance();
        cut(input, sink, [&](std::string_view text, std::size_t i) {
            return gpt2PieceLength(classes, text, i);
        });
    }

    void operator()(const DigitsStep& step) const {
        const CharacterClasses& classes = CharacterClasses::instance();
        cut(piece, sink, [&](std::string_view text, std::size_t begin) {
            const auto isNumber = [&](std::size_t i) {
                return classes.of(codePointAt(text, i).value) == CharacterClass::Number;
            };
            const bool numbers = isNumber(begin);
            std::size_t end = begin + codePointAt(text, begin).length;
            if (numbers && step.split == DigitSplit::Single) return end - begin;
            while (end < text.size() && isNumber(end) == numbers)
                end += codePointAt(text, end).length;
            return end - begin;
        });
    }

    void operator()(const MetaspaceStep& step) const {
        std::string marked = replaceAll(piece.text, " ", kMark);
        const bool prepend = step.prepend == PrependScheme::Always ||
                             (step.prepend == PrependScheme::First && piece.atTextStart);
        if (prepend && !marked.starts_with(kMark)) marked.insert(0, kMark);
        const TextPiece input{marked, piece.atTextStart};
        if (step.split == MarkSplit::None) return sink(input);
        cut(input, sink, [](std::string_view text, std::size_t begin) {
            const std::size_t next = text.find(kMark, begin + 1);
            return std::min(next, text.size()) - begin;
        });
    }

    void operator()(const LiteralSplitStep& step) const {
        cut(piece, sink, [&](std::string_view text, std::size_t begin) {
            const std::size_t found = text.find(step.literal, begin);
            return found == begin ? step.literal.size() : std::min(found, text.size()) - begin;
        });
    }

    void operator()(const Llama3SplitStep& step) const {
        const CharacterClasses& classes = CharacterClasses::instance();
        cut(piece, sink, [&](std::string_view text, std::size_t i) {
            return llama3PieceLength(classes, step.digits, text, i);
        });
    }
};

}  // namespace

void PreTokenizer::split(const TextPiece& piece, const PieceSink& sink) const {
    splitFrom(0, piece, sink);
}

void PreTokenizer::splitFrom(std::size_t step, const TextPiece& piece,
                             const PieceSink& sink) const {
    if (step == m_steps.size()) return sink(piece);
    if (step + 1 == m_steps.size()) return std::visit(Split{piece, sink}, m_steps[step]);
    const PieceSink next = [&](const TextPiece& part) { splitFrom(step + 1, part, sink); };
    std::visit(Split{piece, next}, m_steps[step]);
}

bool PreTokenizer::isByteLevel() const {
    return std::any_of(m_steps.begin(), m_steps.end(), [](const PreTokenizerStep& step) {
        return std::holds_alternative<ByteLevelStep>(step);
    });
}

}  // namespace gridscope
