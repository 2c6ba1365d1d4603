// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/token_decoder.h"

#include <charconv>
#include <optional>

#include "core/text/byte_alphabet.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

using Tokens = std::vector<std::string>;

std::string joined(const Tokens& tokens, std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (i > 0) text += separator;
        text += tokens[i];
    }
    return text;
}

/// The byte that "<0xNN>" stands for, or nothing.
std::optional<char> fallbackByte(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
    unsigned value = 0;
    const char* end = token.data() + 5;
    const auto result = std::from_chars(token.data() + 3, end, value, 16);
    if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
    return static_cast<char>(value);
}

struct Decode {
    const Tokens& tokens;
    std::size_t mostBytes;

    using Decoded = Expected<Tokens>;

    Decoded operator()(const ByteLevelDecoding&) const {
        std::string bytes;
        for (const std::string& token : tokens) bytes += bytesFromToken(token).value_or(token);
        return Tokens{repairUtf8(bytes).text};
    }

    Decoded operator()(const ReplaceStep& step) const {
        std::size_t bytes = 0;
        for (const std::string& token : tokens) bytes += replacedSize(token, step.from, step.to);
        if (bytes > mostBytes)
            return Error{ErrorCode::TokenizerLimit, "decoder",
                         "makes " + std::to_string(bytes) + " bytes of a text, at most " +
                             std::to_string(mostBytes) + " are kept",
                         "Is this the tokenizer.json that was published?"};
        Tokens result;
        for (const std::string& token : tokens)
            result.push_back(replaceAll(token, step.from, step.to));
        return result;
    }

    Decoded operator()(const ByteFallbackDecoding&) const {
        Tokens result;
        std::string bytes;
        const auto flush = [&] {
            // A run that is no text as a whole becomes one U+FFFD a byte.
            if (!bytes.empty() && validUtf8Prefix(bytes) == bytes.size())
                result.push_back(bytes);
            else
                result.insert(result.end(), bytes.size(), "\xEF\xBF\xBD");
            bytes.clear();
        };
        for (const std::string& token : tokens) {
            if (const auto byte = fallbackByte(token)) {
                bytes.push_back(*byte);
                continue;
            }
            flush();
            result.push_back(token);
        }
        flush();
        return result;
    }

    Decoded operator()(const FuseDecoding&) const { return Tokens{joined(tokens, {})}; }

    Decoded operator()(const StripDecoding& step) const {
        Tokens result;
        for (std::string_view token : tokens) {
            for (std::size_t n = 0; n < step.start && token.starts_with(step.content); ++n)
                token.remove_prefix(step.content.size());
            for (std::size_t n = 0; n < step.stop && token.ends_with(step.content); ++n)
                token.remove_suffix(step.content.size());
            result.emplace_back(token);
        }
        return result;
    }
};

}  // namespace

Expected<std::string> TokenDecoder::decode(std::vector<std::string> tokens) const {
    std::size_t bytes = 0;
    for (const std::string& token : tokens) bytes += token.size();
    for (const DecoderStep& step : m_steps) {
        GRIDSCOPE_TRY_ASSIGN(decoded, std::visit(Decode{tokens, largestResult(bytes)}, step));
        tokens = std::move(decoded);
    }
    return joined(tokens, m_separator);
}

}  // namespace gridscope
