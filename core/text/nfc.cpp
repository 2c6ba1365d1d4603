// SPDX-License-Identifier: GPL-3.0-or-later

#include <utf8proc.h>
#include <algorithm>
#include <array>

#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr char32_t kFirstThatMayCompose = 0x300;

using Buffer = std::vector<utf8proc_int32_t>;

int combiningClass(utf8proc_int32_t codePoint) {
    return utf8proc_get_property(codePoint)->combining_class;
}

void appendDecomposed(Buffer& buffer, char32_t codePoint) {
    std::array<utf8proc_int32_t, 32> parts{};
    int lastBoundClass = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(
        static_cast<utf8proc_int32_t>(codePoint), parts.data(),
        static_cast<utf8proc_ssize_t>(parts.size()),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &lastBoundClass);
    // No canonical decomposition is longer than 4; anything else stays as it is.
    if (count < 1 || count > static_cast<utf8proc_ssize_t>(parts.size()))
        buffer.push_back(static_cast<utf8proc_int32_t>(codePoint));
    else
        buffer.insert(buffer.end(), parts.begin(), parts.begin() + count);
}

/// Canonical order. utf8proc's own sorting takes quadratic time on long runs of marks.
void orderMarks(Buffer& buffer) {
    auto begin = buffer.begin();
    while (begin != buffer.end()) {
        if (combiningClass(*begin) == 0) {
            ++begin;
            continue;
        }
        const auto end =
            std::find_if(begin, buffer.end(), [](auto c) { return combiningClass(c) == 0; });
        std::stable_sort(begin, end, [](auto left, auto right) {
            return combiningClass(left) < combiningClass(right);
        });
        begin = end;
    }
}

void appendComposed(std::string& result, std::string_view text, Buffer& buffer) {
    buffer.clear();
    for (std::size_t i = 0; i < text.size();) {
        const CodePoint next = codePointAt(text, i);
        appendDecomposed(buffer, next.value);
        i += next.length;
    }
    orderMarks(buffer);
    const utf8proc_ssize_t length = utf8proc_normalize_utf32(
        buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    for (utf8proc_ssize_t i = 0; i < length; ++i)
        appendUtf8(result, static_cast<char32_t>(buffer[static_cast<std::size_t>(i)]));
}

}  // namespace

std::string toNfc(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    Buffer buffer;
    // Only runs from U+0300 on, with the one code point before them, can change.
    std::size_t copied = 0;
    std::size_t previous = 0;
    for (std::size_t i = 0; i < text.size();) {
        const CodePoint first = codePointAt(text, i);
        if (first.value < kFirstThatMayCompose) {
            previous = i;
            i += first.length;
            continue;
        }
        const std::size_t begin = std::max(previous, copied);
        std::size_t end = i;
        while (end < text.size()) {
            const CodePoint next = codePointAt(text, end);
            if (next.value < kFirstThatMayCompose) break;
            end += next.length;
        }
        result.append(text.substr(copied, begin - copied));
        appendComposed(result, text.substr(begin, end - begin), buffer);
        copied = previous = i = end;
    }
    result.append(text.substr(copied));
    return result;
}

}  // namespace gridscope
