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

    Tokens operator()(const ByteLevelDecoding&) const {
        std::string bytes;
        for (const std::string& token : tokens) bytes += bytesFromToken(token).value_or(token);
        return {repairUtf8(bytes).text};
    }

    Tokens operator()(const ReplaceStep& step) const {
        Tokens result;
        for (const std::string& token : tokens)
            result.push_back(replaceAll(token, step.from, step.to));
        return result;
    }

    Tokens operator()(const ByteFallbackDecoding&) const {
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

    Tokens operator()(const FuseDecoding&) const { return {joined(tokens, {})}; }

    Tokens operator()(const StripDecoding& step) const {
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

std::string TokenDecoder::decode(std::vector<std::string> tokens) const {
    for (const DecoderStep& step : m_steps) tokens = std::visit(Decode{tokens}, step);
    return joined(tokens, m_separator);
}

}  // namespace gridscope
