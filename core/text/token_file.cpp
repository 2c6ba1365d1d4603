// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/token_file.h"

#include <algorithm>
#include <new>
#include <string>

#include "core/checkpoint/file_type.h"
#include "core/text/npy_header.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kPieceBytes = 4u << 20;

/// Where the ids lie in a file, and what they are.
struct Layout {
    TokenDtype dtype = TokenDtype::U16;
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
};

Expected<TokenDtype> dtypeOfDescr(const std::string& descr, const std::string& where) {
    for (const TokenDtype dtype : kTokenDtypes)
        if (npyDescr(dtype) == descr) return dtype;
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

Expected<TokenArray> readIds(const File& file, const Layout& layout, std::uint64_t most,
                             const std::string& where) {
    TokenArray tokens;
    tokens.rows = layout.rows;
    tokens.columns = layout.columns;
    const std::uint64_t count = layout.rows > 0 ? layout.count : std::min(layout.count, most);
    const std::uint64_t itemBytes = tokenDtypeBytes(layout.dtype);
    tokens.ids.reserve(static_cast<std::size_t>(count));
    std::vector<std::byte> piece;
    for (std::uint64_t first = 0; first < count;) {
        const std::uint64_t items = std::min(count - first, kPieceBytes / itemBytes);
        piece.resize(static_cast<std::size_t>(items * itemBytes));
        if (auto read = file.readAt(piece, layout.offset + first * itemBytes); !read)
            return read.error().inside(where);
        if (auto taken = appendIds(piece, layout.dtype, first, tokens.ids); !taken)
            return taken.error().inside(where);
        first += items;
    }
    return tokens;
}

}  // namespace

Expected<TokenArray> readTokenFile(FileOps& ops, const std::filesystem::path& path,
                                   std::optional<TokenDtype> dtype, std::uint64_t most) try {
    const std::string where = path.string();
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, path));
    const auto status = file.status();
    if (!status) return status.error().inside(where);
    const std::uint64_t sizeBytes = status->sizeBytes;
    std::string start(static_cast<std::size_t>(std::min(sizeBytes, kNpyHeaderBytes)), '\0');
    if (auto read = file.readAt(std::as_writable_bytes(std::span(start)), 0); !read)
        return read.error().inside(where);
    if (auto standIn = standInError(start, where)) return *std::move(standIn);
    const bool isNpy = start.starts_with(kNpyMagic) || path.extension() == ".npy";
    GRIDSCOPE_TRY_ASSIGN(layout, isNpy ? npyLayout(start, sizeBytes, dtype, where)
                                       : rawLayout(sizeBytes, dtype, where));
    return readIds(file, layout, most, where);
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::MemoryFailed, path.string(), "there is not enough memory for the ids",
                 "Use a smaller file"};
}

}  // namespace gridscope
