// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/npy_header.h"

#include <charconv>

namespace gridscope {

namespace {

constexpr std::uint64_t kLongestDictionary = 10'000;

Error headerError(const std::string& where, const std::string& what) {
    return {ErrorCode::NpyHeader, where, what, "Save the ids again with numpy.save"};
}

std::uint64_t byteAt(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

/// Reads the dictionary literal that numpy writes, and nothing beyond it.
class DictionaryReader {
public:
    DictionaryReader(std::string_view text, std::size_t offset, std::string where)
        : m_text(text), m_offset(offset), m_where(std::move(where)) {}

    Expected<NpyHeader> read() {
        NpyHeader header;
        bool hasDescr = false;
        bool hasOrder = false;
        bool hasShape = false;
        if (!take('{')) return expected("{");
        while (!take('}')) {
            GRIDSCOPE_TRY_ASSIGN(key, quoted());
            if (!take(':')) return expected(":");
            if (key == "descr" && !hasDescr) {
                hasDescr = true;
                GRIDSCOPE_TRY_ASSIGN(descr, type());
                header.descr = std::move(descr);
            } else if (key == "fortran_order" && !hasOrder) {
                hasOrder = true;
                GRIDSCOPE_TRY_ASSIGN(order, flag());
                header.fortranOrder = order;
            } else if (key == "shape" && !hasShape) {
                hasShape = true;
                GRIDSCOPE_TRY_ASSIGN(shape, tuple());
                header.shape = std::move(shape);
            } else {
                return headerError(m_where,
                                   "unknown or doubled key \"" + escapeForDisplay(key) + "\"");
            }
            if (!take(',') && !next('}')) return expected(", or }");
        }
        skipSpace();
        if (m_position != m_text.size()) return expected("the end of the header");
        if (!hasDescr || !hasOrder || !hasShape)
            return headerError(m_where, "expected the keys descr, fortran_order and shape");
        return header;
    }

private:
    void skipSpace() {
        while (m_position < m_text.size() &&
               (m_text[m_position] == ' ' || m_text[m_position] == '\n'))
            ++m_position;
    }
    bool next(char wanted) {
        skipSpace();
        return m_position < m_text.size() && m_text[m_position] == wanted;
    }
    bool take(char wanted) {
        if (!next(wanted)) return false;
        ++m_position;
        return true;
    }
    bool takeWord(std::string_view word) {
        skipSpace();
        if (!m_text.substr(m_position).starts_with(word)) return false;
        m_position += word.size();
        return true;
    }
    Error expected(const std::string& what) const {
        return headerError(m_where + ", byte " + std::to_string(m_offset + m_position),
                           "expected " + what);
    }

    Expected<std::string> quoted() {
        skipSpace();
        const char quote = next('"') ? '"' : '\'';
        if (!take(quote)) return expected("a quoted text");
        const std::size_t end = m_text.find(quote, m_position);
        if (end == std::string_view::npos) return expected("the end of the quoted text");
        std::string text(m_text.substr(m_position, end - m_position));
        m_position = end + 1;
        return text;
    }

    /// A quoted type; a list of fields is kept as text, so that it is refused as a type.
    Expected<std::string> type() {
        if (!next('[')) return quoted();
        const std::size_t end = m_text.find(']', m_position);
        if (end == std::string_view::npos) return expected("]");
        std::string text(m_text.substr(m_position, end + 1 - m_position));
        m_position = end + 1;
        return text;
    }

    Expected<bool> flag() {
        if (takeWord("False")) return false;
        if (takeWord("True")) return true;
        return expected("True or False");
    }

    Expected<std::vector<std::uint64_t>> tuple() {
        std::vector<std::uint64_t> shape;
        if (!take('(')) return expected("(");
        while (!take(')')) {
            skipSpace();
            std::uint64_t extent = 0;
            const char* end = m_text.data() + m_text.size();
            const auto result = std::from_chars(m_text.data() + m_position, end, extent);
            if (result.ec != std::errc{}) return expected("a number below 2^64");
            m_position = static_cast<std::size_t>(result.ptr - m_text.data());
            shape.push_back(extent);
            const bool comma = take(',');
            // (3) is a number in brackets; only (3,) is a shape.
            if (!comma && (shape.size() == 1 || !next(')'))) return expected(",");
        }
        return shape;
    }

    std::string_view m_text;
    std::size_t m_offset;
    std::string m_where;
    std::size_t m_position = 0;
};

}  // namespace

Expected<NpyHeader> readNpyHeader(std::string_view start, const std::string& where) {
    if (!start.starts_with(kNpyMagic))
        return headerError(where, "does not start with \\x93NUMPY, so it is no .npy file");
    if (start.size() < 10) return headerError(where, "ends inside the header");
    const std::uint64_t major = byteAt(start, 6);
    if (major < 1 || major > 3)
        return headerError(where,
                           "expected format version 1, 2 or 3, found " + std::to_string(major));
    const std::size_t prefix = major == 1 ? 10 : 12;
    if (start.size() < prefix) return headerError(where, "ends inside the header");
    std::uint64_t length = byteAt(start, 8) | (byteAt(start, 9) << 8);
    if (major > 1) length |= (byteAt(start, 10) << 16) | (byteAt(start, 11) << 24);
    if (length > kLongestDictionary)
        return headerError(where, "expected a header of at most " +
                                      std::to_string(kLongestDictionary) + " bytes, found " +
                                      std::to_string(length));
    if (start.size() < prefix + length)
        return headerError(where, "expected a header of " + std::to_string(length) +
                                      " bytes, the file ends before");
    const auto size = static_cast<std::size_t>(length);
    GRIDSCOPE_TRY_ASSIGN(header,
                         DictionaryReader(start.substr(prefix, size), prefix, where).read());
    header.dataOffset = prefix + length;
    return header;
}

std::string npyHeaderText(std::string_view descr, std::span<const std::uint64_t> shape) {
    std::string extents;
    for (const std::uint64_t extent : shape) extents += std::to_string(extent) + ", ";
    if (shape.size() > 1) extents.erase(extents.size() - 2);
    if (shape.size() == 1) extents.pop_back();
    std::string dictionary = "{'descr': '" + std::string(descr) +
                             "', 'fortran_order': False, 'shape': (" + extents + "), }";
    constexpr std::size_t kPrefix = 10;
    constexpr std::size_t kAlignment = 64;
    const std::size_t used = kPrefix + dictionary.size() + 1;
    dictionary.append((kAlignment - used % kAlignment) % kAlignment, ' ');
    dictionary.push_back('\n');
    std::string header(kNpyMagic);
    header.push_back('\x01');
    header.push_back('\x00');
    header.push_back(static_cast<char>(dictionary.size() & 0xFF));
    header.push_back(static_cast<char>(dictionary.size() >> 8));
    return header + dictionary;
}

}  // namespace gridscope
