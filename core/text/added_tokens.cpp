// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/added_tokens.h"

#include <algorithm>

#include "core/text/unicode.h"

namespace gridscope {

namespace {

bool isSpace(char32_t codePoint) {
    return CharacterClasses::instance().of(codePoint) == CharacterClass::Space;
}

/// Where the white space that ends at `end` begins, not before `limit`.
std::size_t spaceBegin(std::string_view text, std::size_t limit, std::size_t end) {
    while (end > limit) {
        std::size_t start = end - 1;
        while (start > limit && (static_cast<unsigned char>(text[start]) & 0xC0u) == 0x80) --start;
        if (!isSpace(codePointAt(text, start).value)) break;
        end = start;
    }
    return end;
}

std::size_t spaceEnd(std::string_view text, std::size_t begin) {
    while (begin < text.size()) {
        const CodePoint next = codePointAt(text, begin);
        if (!isSpace(next.value)) break;
        begin += next.length;
    }
    return begin;
}

unsigned char byteOf(const AddedToken& token, std::size_t i) {
    return static_cast<unsigned char>(token.content[i]);
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens) : m_tokens(std::move(tokens)) {
    const auto less = [](const AddedToken& a, const AddedToken& b) {
        return a.content < b.content;
    };
    const auto equal = [](const AddedToken& a, const AddedToken& b) {
        return a.content == b.content;
    };
    std::stable_sort(m_tokens.begin(), m_tokens.end(), less);
    m_tokens.erase(std::unique(m_tokens.begin(), m_tokens.end(), equal), m_tokens.end());
    for (std::uint32_t i = 0; i < m_tokens.size(); ++i) {
        Range& range = m_byFirstByte[byteOf(m_tokens[i], 0)];
        if (range.begin == range.end) range.begin = i;
        range.end = i + 1;
    }
}

const AddedToken* AddedTokenFinder::longestAt(std::string_view text, std::size_t position) const {
    // Narrows the sorted tokens byte by byte to those that agree with the text so far.
    const Range range = m_byFirstByte[static_cast<unsigned char>(text[position])];
    auto begin = m_tokens.begin() + range.begin;
    auto end = m_tokens.begin() + range.end;
    const AddedToken* longest = nullptr;
    for (std::size_t depth = 1; begin != end; ++depth) {
        if (begin->content.size() == depth) longest = &*begin++;
        if (position + depth >= text.size()) break;
        const auto wanted = static_cast<unsigned char>(text[position + depth]);
        begin = std::partition_point(
            begin, end, [&](const AddedToken& token) { return byteOf(token, depth) < wanted; });
        end = std::partition_point(
            begin, end, [&](const AddedToken& token) { return byteOf(token, depth) == wanted; });
    }
    return longest;
}

void AddedTokenFinder::split(std::string_view text, const Sinks& sinks) const {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size() && !m_tokens.empty();) {
        const AddedToken* token = longestAt(text, i);
        if (token == nullptr) {
            ++i;
            continue;
        }
        const std::size_t from = token->strip.before ? spaceBegin(text, begin, i) : i;
        if (from > begin) sinks.text(text.substr(begin, from - begin), begin);
        sinks.token(token->id);
        i += token->content.size();
        if (token->strip.after) i = spaceEnd(text, i);
        begin = i;
    }
    if (begin < text.size()) sinks.text(text.substr(begin), begin);
}

}  // namespace gridscope
