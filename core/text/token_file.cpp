// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/token_file.h"

#include <algorithm>
#include <array>
#include <new>
#include <string>

#include "core/text/npy_header.h"
#include "core/text/wrong_type.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kPieceBytes = 4u << 20;

struct DtypeEntry {
    TokenDtype dtype;
    std::string_view text;
    std::string_view descr;  // empty where .npy has no such ids
    std::uint64_t bytes;
};
constexpr std::array kDtypes = {
    DtypeEntry{TokenDtype::U8, "u8", "|u1", 1}, DtypeEntry{TokenDtype::U16, "u16", "<u2", 2},
    DtypeEntry{TokenDtype::U32, "u32", "<u4", 4}, DtypeEntry{TokenDtype::I32, "i32", "<i4", 4},
    DtypeEntry{TokenDtype::I64, "i64", "<i8", 8}};

const DtypeEntry& entryOf(TokenDtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)]; }

/// Where the ids lie in a file, and what they are.
struct Layout {
    TokenDtype dtype = TokenDtype::U16;
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
};

Expected<TokenDtype> dtypeOfDescr(const std::string& descr, const std::string& where) {
    for (const DtypeEntry& entry : kDtypes)
        if (entry.descr == descr) return entry.dtype;
    return Error{ErrorCode::NpyDtype, where,
                 "expected |u1, <u2, <u4, <i4 or <i8, found " + escapeForDisplay(descr),
                 "Save the ids as little-endian integers"};
}

Expected<Layout> npyLayout(std::string_view start, std::uint64_t sizeBytes,
                           std::optional<TokenDtype> wanted, const std::string& where) {
    GRIDSCOPE_TRY_ASSIGN(header, readNpyHeader(start, where));
    GRIDSCOPE_TRY_ASSIGN(dtype, dtypeOfDescr(header.descr, where));
    if (wanted && *wanted != dtype)
        return Error{ErrorCode::TokensDtype, where,
                     "holds " + std::string(tokenDtypeText(dtype)) + " ids, " +
                         std::string(tokenDtypeText(*wanted)) + " was given",
                     "Leave the dtype out for .npy files"};
    if (header.fortranOrder)
        return Error{ErrorCode::NpyOrder, where, "is stored column by column (Fortran order)",
                     "Save it with numpy.ascontiguousarray"};
    const std::size_t rank = header.shape.size();
    if (rank != 1 && rank != 2)
        return Error{ErrorCode::NpyShape, where,
                     "expected 1 or 2 dimensions, found " + std::to_string(rank),
                     "Save the ids as a list, or as rows of windows"};
    Layout layout{dtype, header.dataOffset, header.shape[0], 0, 0};
    const std::uint64_t itemBytes = tokenDtypeBytes(dtype);
    const std::uint64_t dataBytes = sizeBytes - header.dataOffset;
    bool fits = true;
    if (rank == 2) {
        layout.rows = header.shape[0];
        layout.columns = header.shape[1];
        if (layout.rows == 0 || layout.columns == 0)
            return Error{ErrorCode::NpyShape, where, "holds no ids", {}};
        fits = layout.rows <= dataBytes / layout.columns;
        layout.count = fits ? layout.rows * layout.columns : 0;
    }
    if (!fits || layout.count > dataBytes / itemBytes || layout.count * itemBytes != dataBytes)
        return Error{ErrorCode::NpySize, where,
                     "holds " + std::to_string(dataBytes) +
                         " bytes of data, which is not what its shape and dtype need",
                     "The file is incomplete or damaged; get it again"};
    return layout;
}

Expected<Layout> rawLayout(std::uint64_t sizeBytes, std::optional<TokenDtype> dtype,
                           const std::string& where) {
    if (!dtype)
        return Error{ErrorCode::TokensDtype, where, "raw ids do not say how they are stored",
                     "Give the dtype: u8, u16, u32, i32 or i64"};
    const std::uint64_t itemBytes = tokenDtypeBytes(*dtype);
    if (sizeBytes == 0)
        return Error{ErrorCode::TokensSize, where, "is empty", "Choose a file with ids"};
    if (sizeBytes % itemBytes != 0)
        return Error{ErrorCode::TokensSize, where,
                     "has " + std::to_string(sizeBytes) + " bytes, not a multiple of " +
                         std::to_string(itemBytes),
                     "Check the dtype"};
    return Layout{*dtype, 0, sizeBytes / itemBytes, 0, 0};
}

/// One little-endian item as a signed number; u8, u16 and u32 always fit.
std::int64_t itemValue(const std::byte* bytes, const DtypeEntry& entry) {
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < entry.bytes; ++i)
        value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    if (entry.dtype == TokenDtype::I32)
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    return static_cast<std::int64_t>(value);
}

Expected<TokenArray> readIds(const File& file, const Layout& layout, std::uint64_t most,
                             const std::string& where) {
    TokenArray tokens;
    tokens.rows = layout.rows;
    tokens.columns = layout.columns;
    const std::uint64_t count = layout.rows > 0 ? layout.count : std::min(layout.count, most);
    const DtypeEntry& entry = entryOf(layout.dtype);
    tokens.ids.reserve(static_cast<std::size_t>(count));
    std::vector<std::byte> piece;
    for (std::uint64_t first = 0; first < count;) {
        const std::uint64_t items = std::min(count - first, kPieceBytes / entry.bytes);
        piece.resize(static_cast<std::size_t>(items * entry.bytes));
        if (auto read = file.readAt(piece, layout.offset + first * entry.bytes); !read)
            return read.error().inside(where);
        for (std::uint64_t i = 0; i < items; ++i) {
            const std::int64_t id = itemValue(piece.data() + i * entry.bytes, entry);
            if (id < 0 || id > std::numeric_limits<std::uint32_t>::max())
                return Error{
                    ErrorCode::TokensIdRange, where + ", token " + std::to_string(first + i),
                    "id " + std::to_string(id) + ", expected 0 to 4294967295", "Check the dtype"};
            tokens.ids.push_back(static_cast<std::uint32_t>(id));
        }
        first += items;
    }
    return tokens;
}

}  // namespace

Expected<TokenDtype> parseTokenDtype(std::string_view text) {
    for (const DtypeEntry& entry : kDtypes)
        if (entry.text == text) return entry.dtype;
    return Error{ErrorCode::SettingsSyntax, "token dtype",
                 "\"" + escapeForDisplay(text) + "\" is not known", "Use u8, u16, u32, i32 or i64"};
}

std::string_view tokenDtypeText(TokenDtype dtype) { return entryOf(dtype).text; }

std::uint64_t tokenDtypeBytes(TokenDtype dtype) { return entryOf(dtype).bytes; }

Expected<TokenArray> readTokenFile(FileOps& ops, const std::filesystem::path& path,
                                   std::optional<TokenDtype> dtype, std::uint64_t most) try {
    const std::string where = path.string();
    auto opened = openForReading(ops, path);
    // A failed fstat does not know the path.
    if (!opened)
        return opened.error().where.empty() ? opened.error().inside(where) : opened.error();
    const File& file = *opened;
    const auto found = file.status();
    if (!found) return found.error().inside(where);
    const FileStatus status = *found;
    std::string start(static_cast<std::size_t>(std::min(status.sizeBytes, kNpyHeaderBytes)), '\0');
    if (auto read = file.readAt(std::as_writable_bytes(std::span(start)), 0); !read)
        return read.error().inside(where);
    GRIDSCOPE_TRY(refuseStandIn(start, path));
    const bool isNpy = start.starts_with(kNpyMagic) || path.extension() == ".npy";
    GRIDSCOPE_TRY_ASSIGN(layout, isNpy ? npyLayout(start, status.sizeBytes, dtype, where)
                                       : rawLayout(status.sizeBytes, dtype, where));
    return readIds(file, layout, most, where);
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::MemoryFailed, path.string(), "there is not enough memory for the ids",
                 "Use a smaller file"};
}

}  // namespace gridscope
