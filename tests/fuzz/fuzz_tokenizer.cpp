// SPDX-License-Identifier: GPL-3.0-or-later

// tokenizer.json: what is accepted encodes any text to ids of its vocabulary and decodes them.

#include "core/text/tokenizer.h"
#include "core/text/unicode.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

namespace {

/// Words, spaces, digits, marks that combine, bytes that are no UTF-8, and a special token.
constexpr std::string_view kText =
    "ab abc  aab \n\n 1234 don't I'LL e\xCC\x81\xE2\x96\x81 \xE6\x97\xA5\xE6\x9C\xAC "
    "\xF0\x9F\x98\x80"
    "\xFF\xC3 <|endoftext|> \t\xC2\xA0x";

void encodeAndDecode(const Tokenizer& tokenizer, std::string_view text, std::string& digest) {
    const auto ids = tokenizer.encode(text, SpecialTokens::With);
    if (!ids) {
        require(ids.error().code == ErrorCode::TokenizerLimit, "every text is encoded that fits");
        digest += "too large\n";
        return;
    }
    for (const std::uint32_t id : *ids) {
        require(id < tokenizer.vocabularySize(), "ids lie below the vocabulary size");
        digest += std::to_string(id) + " ";
    }
    const auto decoded = tokenizer.decode(*ids);
    if (!decoded) {
        require(decoded.error().code == ErrorCode::TokenizerLimit, "ids are decoded that fit");
        digest += "too large\n";
        return;
    }
    require(validUtf8Prefix(*decoded) == decoded->size(), "decoded text is UTF-8");
    digest += *decoded + "\n";
}

}  // namespace

Outcome fuzzTokenizer(std::string_view bytes) {
    const auto tokenizer = Tokenizer::parse(bytes, "tokenizer.json");
    if (!tokenizer) return refused(tokenizer.error(), "tokenizer.json");
    require(tokenizer->vocabularySize() > 0 && tokenizer->vocabularySize() <= 4'194'304,
            "vocabulary size");
    require(tokenizer->sha256().size() == 64, "the hash is a SHA-256");
    if (const auto end = tokenizer->endOfDocumentId())
        require(*end < tokenizer->vocabularySize(), "the end-of-document id is of the vocabulary");
    Outcome outcome{true, {}};
    encodeAndDecode(*tokenizer, kText, outcome.digest);
    encodeAndDecode(*tokenizer, {}, outcome.digest);
    std::string own;
    encodeAndDecode(*tokenizer, bytes.substr(0, 2000), own);
    return outcome;
}

}  // namespace gridscope::fuzz
