// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/megatron_dataset.h"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include "core/checkpoint/file_type.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kPieceBytes = 4u << 20;
constexpr std::uint64_t kColumnItems = 1u << 16;

/// One table of the index, read front to back in blocks; its numbers are signed and unaligned.
class IndexColumn {
public:
    struct Layout {
        std::uint64_t offset;     ///< byte of the first number
        std::uint64_t count;      ///< of numbers
        std::uint64_t itemBytes;  ///< 4 or 8
    };
    IndexColumn(const File& file, const Layout& layout, const std::string& where)
        : m_file(file), m_layout(layout), m_where(where) {}

    bool holds(std::uint64_t i) const { return i - m_first < m_values.size(); }
    Expected<void> load(std::uint64_t i) {
        const std::uint64_t items = std::min(m_layout.count - i, kColumnItems);
        m_bytes.resize(static_cast<std::size_t>(items * m_layout.itemBytes));
        if (auto read = m_file.readAt(m_bytes, m_layout.offset + i * m_layout.itemBytes); !read)
            return read.error().inside(m_where);
        m_values.clear();
        for (std::size_t at = 0; at < m_bytes.size(); at += m_layout.itemBytes)
            m_values.push_back(numberAt(at));
        m_first = i;
        return {};
    }
    /// The number `i`, which must be held.
    std::int64_t operator[](std::uint64_t i) const {
        return m_values[static_cast<std::size_t>(i - m_first)];
    }

private:
    std::int64_t numberAt(std::size_t at) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < m_layout.itemBytes; ++i)
            value |= std::to_integer<std::uint64_t>(m_bytes[at + i]) << (8 * i);
        return m_layout.itemBytes == 4
                   ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                   : static_cast<std::int64_t>(value);
    }

    const File& m_file;
    Layout m_layout;
    const std::string& m_where;
    std::vector<std::byte> m_bytes;
    std::vector<std::int64_t> m_values;
    std::uint64_t m_first = 0;
};

IndexColumn lengthsOf(const File& file, const MegatronHeader& header, const std::string& where) {
    return {file, {kMegatronHeaderBytes, header.sequences, 4}, where};
}
IndexColumn offsetsOf(const File& file, const MegatronHeader& header, const std::string& where) {
    return {file, {header.offsetsAt(), header.sequences, 8}, where};
}
IndexColumn marksOf(const File& file, const MegatronHeader& header, const std::string& where) {
    return {file, {header.documentsAt(), header.documentMarks, 8}, where};
}

Error outOfMemory(const std::string& where) {
    return {ErrorCode::MemoryFailed, where, "there is not enough memory for the ids",
            "Ask for fewer windows"};
}

}  // namespace

bool isMegatronName(const std::filesystem::path& path) { return path.extension() == ".idx"; }

Expected<MegatronDataset> MegatronDataset::open(FileOps& ops, const std::filesystem::path& index,
                                                std::optional<TokenDtype> given) try {
    const std::string where = index.string();
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, index));
    const auto status = file.status();
    if (!status) return status.error().inside(where);
    std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(status->sizeBytes, 1024)),
                      '\0');
    if (auto read = file.readAt(std::as_writable_bytes(std::span(start)), 0); !read)
        return read.error().inside(where);
    if (auto standIn = standInError(start, where)) return *std::move(standIn);
    GRIDSCOPE_TRY_ASSIGN(header, readMegatronHeader(start, status->sizeBytes, where));
    if (given && *given != header.dtype)
        return Error{ErrorCode::TokensDtype, where,
                     "holds " + std::string(tokenDtypeText(header.dtype)) + " ids, " +
                         std::string(tokenDtypeText(*given)) + " was given",
                     "Leave the dtype out for .idx files"};
    GRIDSCOPE_TRY_ASSIGN(data, MegatronData::find(ops, index));
    MegatronDataset dataset(std::move(file), std::move(data), header, where);
    GRIDSCOPE_TRY(dataset.checkSequences());
    GRIDSCOPE_TRY(dataset.checkDocuments());
    return dataset;
} catch (const std::bad_alloc&) {
    return outOfMemory(index.string());
}

Expected<void> MegatronDataset::checkSequences() {
    const std::uint64_t itemBytes = tokenDtypeBytes(m_header.dtype);
    const std::uint64_t dataBytes = m_data.sizeBytes();
    IndexColumn lengths = lengthsOf(m_index, m_header, m_where);
    IndexColumn offsets = offsetsOf(m_index, m_header, m_where);
    bool equal = m_header.sequences > 1;
    std::int64_t first = 0;
    for (std::uint64_t i = 0; i < m_header.sequences; ++i) {
        if (!lengths.holds(i)) GRIDSCOPE_TRY(lengths.load(i));
        if (!offsets.holds(i)) GRIDSCOPE_TRY(offsets.load(i));
        const std::int64_t length = lengths[i];
        const std::int64_t offset = offsets[i];
        const auto place = [&] { return m_where + ", sequence " + std::to_string(i); };
        if (length < 0 || offset < 0)
            return Error{ErrorCode::TokensFormat, place(),
                         "has the length " + std::to_string(length) + " and the offset " +
                             std::to_string(offset),
                         "The file is damaged; get it again"};
        const std::uint64_t bytes = static_cast<std::uint64_t>(length) * itemBytes;
        const auto begin = static_cast<std::uint64_t>(offset);
        if (begin > dataBytes || bytes > dataBytes - begin)
            return Error{ErrorCode::TokensSize, place(),
                         "takes " + std::to_string(bytes) + " bytes from byte " +
                             std::to_string(begin) + " on, the data has " +
                             std::to_string(dataBytes),
                         "The data is incomplete or of another dataset; get it again"};
        m_tokens += static_cast<std::uint64_t>(length);
        // Sequences that share data would make much of little.
        if (m_tokens > dataBytes / itemBytes)
            return Error{ErrorCode::TokensSize, place(),
                         "with the ones before it more ids than the data has, " +
                             std::to_string(dataBytes / itemBytes),
                         "The file is damaged; get it again"};
        if (i == 0) first = length;
        equal = equal && length == first;
    }
    m_packedLength = equal ? static_cast<std::uint64_t>(first) : 0;
    return {};
}

Expected<void> MegatronDataset::checkDocuments() {
    const auto fault = [&](std::uint64_t number, const std::string& what) {
        return Error{
            ErrorCode::TokensFormat, m_where + ", document " + std::to_string(number),
            what + ", the marks must ascend from 0 to " + std::to_string(m_header.sequences),
            "The file is damaged; get it again"};
    };
    if (m_header.documentMarks == 0) return fault(0, "there are no document marks");
    IndexColumn marks = marksOf(m_index, m_header, m_where);
    std::int64_t previous = 0;
    for (std::uint64_t i = 0; i < m_header.documentMarks; ++i) {
        if (!marks.holds(i)) GRIDSCOPE_TRY(marks.load(i));
        const std::int64_t mark = marks[i];
        const bool beyond = mark < 0 || static_cast<std::uint64_t>(mark) > m_header.sequences;
        if (beyond || mark < previous || (i == 0 && mark != 0))
            return fault(i, "starts at sequence " + std::to_string(mark));
        previous = mark;
    }
    if (static_cast<std::uint64_t>(previous) != m_header.sequences)
        return fault(documents(), "the last mark is " + std::to_string(previous));
    return {};
}

/// Appends ids of `sequence` until `ids` has `most`.
Expected<void> MegatronDataset::appendSequence(const Sequence& sequence, std::uint64_t most,
                                               std::vector<std::uint32_t>& ids) {
    const std::uint64_t itemBytes = tokenDtypeBytes(m_header.dtype);
    const std::uint64_t count = std::min(sequence.length, most - ids.size());
    std::vector<std::byte> piece;
    for (std::uint64_t done = 0; done < count;) {
        const std::uint64_t items = std::min(count - done, kPieceBytes / itemBytes);
        piece.resize(static_cast<std::size_t>(items * itemBytes));
        GRIDSCOPE_TRY(m_data.readAt(piece, sequence.offset + done * itemBytes));
        if (auto taken = appendIds(piece, m_header.dtype, done, ids); !taken)
            return taken.error().inside(m_where + ", sequence " + std::to_string(sequence.number));
        done += items;
    }
    return {};
}

Expected<TokenArray> MegatronDataset::readRows(std::uint64_t most) {
    TokenArray tokens;
    tokens.rows = std::min(most, m_header.sequences);
    tokens.columns = m_packedLength;
    GRIDSCOPE_TRY_ASSIGN(stream, readStream({tokens.rows * tokens.columns, {}}));
    tokens.ids = std::move(stream.ids);
    return tokens;
}

Expected<TokenArray> MegatronDataset::readStream(const StreamSettings& settings) try {
    TokenArray tokens;
    tokens.ids.reserve(static_cast<std::size_t>(std::min(settings.most, m_tokens)));
    IndexColumn lengths = lengthsOf(m_index, m_header, m_where);
    IndexColumn offsets = offsetsOf(m_index, m_header, m_where);
    IndexColumn marks = marksOf(m_index, m_header, m_where);
    const bool joins = m_packedLength == 0 && settings.endOfDocument.has_value();
    const std::uint32_t separator = settings.endOfDocument.value_or(0);
    std::uint64_t nextMark = 0;
    for (std::uint64_t i = settings.first;
         i < m_header.sequences && tokens.ids.size() < settings.most; ++i) {
        bool startsDocument = false;
        while (joins && nextMark < m_header.documentMarks) {
            if (!marks.holds(nextMark)) GRIDSCOPE_TRY(marks.load(nextMark));
            if (static_cast<std::uint64_t>(marks[nextMark]) > i) break;
            startsDocument = true;
            ++nextMark;
        }
        if (startsDocument && !tokens.ids.empty() && tokens.ids.back() != separator)
            tokens.ids.push_back(separator);
        if (!lengths.holds(i)) GRIDSCOPE_TRY(lengths.load(i));
        if (!offsets.holds(i)) GRIDSCOPE_TRY(offsets.load(i));
        const Sequence sequence{i, static_cast<std::uint64_t>(offsets[i]),
                                static_cast<std::uint64_t>(lengths[i])};
        GRIDSCOPE_TRY(appendSequence(sequence, settings.most, tokens.ids));
    }
    return tokens;
} catch (const std::bad_alloc&) {
    return outOfMemory(m_where);
}

}  // namespace gridscope
