// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/json_lines_reader.h"

#include <algorithm>
#include <new>
#include <utility>

#include "core/text/json_lines.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::size_t kLongestLine = std::size_t{64} << 20;
constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

}  // namespace

bool isJsonLinesName(const std::filesystem::path& path) {
    return (isCompressedName(path) ? path.stem() : path).extension() == ".jsonl";
}

Expected<JsonLinesReader> JsonLinesReader::open(FileOps& ops, const std::filesystem::path& path,
                                                JsonLinesSettings settings) {
    GRIDSCOPE_TRY_ASSIGN(stream, openByteStream(ops, path, settings.windowBytes));
    JsonLinesReader reader(std::move(stream), std::move(settings), path.string());
    GRIDSCOPE_TRY(reader.skipMark());
    return reader;
}

Expected<void> JsonLinesReader::skipMark() {
    while (m_buffer.size() < 3 && !m_atEnd) GRIDSCOPE_TRY(fill());
    if (m_buffer.starts_with("\xFF\xFE") || m_buffer.starts_with("\xFE\xFF"))
        return Error{ErrorCode::FileWrongType, m_where, "is UTF-16 text, UTF-8 is needed",
                     "Convert it to UTF-8"};
    if (m_buffer.starts_with("\xEF\xBB\xBF")) m_begin = 3;
    return {};
}

/// Puts one more piece of the file behind the buffer; false at the end.
Expected<bool> JsonLinesReader::fill() {
    m_buffer.erase(0, std::exchange(m_begin, 0));
    const std::size_t used = m_buffer.size();
    m_buffer.resize(used + kPieceBytes);
    GRIDSCOPE_TRY_ASSIGN(count, m_stream->read(std::span(m_buffer).subspan(used)));
    m_buffer.resize(used + count);
    m_atEnd = count == 0;
    return !m_atEnd;
}

/// The next line without its end; the view is valid until the next call.
Expected<std::optional<std::string_view>> JsonLinesReader::nextLine() {
    std::size_t searched = m_begin;
    std::size_t end = std::string::npos;
    for (;;) {
        end = m_buffer.find('\n', searched);
        if (end == std::string::npos && m_atEnd) end = m_buffer.size();
        const std::size_t length = std::min(end, m_buffer.size()) - m_begin;
        if (length > kLongestLine)
            return Error{ErrorCode::TokensFormat, m_where + ", line " + std::to_string(m_line + 1),
                         "is longer than " + std::to_string(kLongestLine) + " bytes",
                         "Is this a file with one JSON object per line?"};
        if (end != std::string::npos) break;
        searched = length;  // fill moves the line to the front
        GRIDSCOPE_TRY(fill());
    }
    if (m_begin == m_buffer.size()) return std::optional<std::string_view>();
    ++m_line;
    const std::string_view line = std::string_view(m_buffer).substr(m_begin, end - m_begin);
    m_begin = std::min(end + 1, m_buffer.size());
    return std::optional<std::string_view>(line);
}

Expected<std::optional<std::string>> JsonLinesReader::next() try {
    for (;;) {
        GRIDSCOPE_TRY_ASSIGN(line, nextLine());
        if (!line) return std::optional<std::string>();
        if (line->find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const std::string where = m_where + ", line " + std::to_string(m_line);
        RepairedText repaired;
        if (validUtf8Prefix(*line) != line->size()) {
            repaired = repairUtf8(*line);
            m_replaced += repaired.replaced;
            line = repaired.text;
        }
        GRIDSCOPE_TRY_ASSIGN(text, textOfJsonLine(*line, m_settings.field, where));
        return std::optional<std::string>(std::move(text));
    }
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::MemoryFailed, m_where, "there is not enough memory for a line of it",
                 "Close other programs"};
}

}  // namespace gridscope
