// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/token_dtype.h"

#include <limits>
#include <string>

namespace gridscope {

namespace {

struct DtypeEntry {
    std::string_view text;
    std::string_view descr;
    std::uint64_t bytes;
};
// In the order of enum TokenDtype.
constexpr std::array kEntries = {DtypeEntry{"u8", "|u1", 1}, DtypeEntry{"u16", "<u2", 2},
                                 DtypeEntry{"u32", "<u4", 4}, DtypeEntry{"i32", "<i4", 4},
                                 DtypeEntry{"i64", "<i8", 8}};
static_assert(kEntries.size() == kTokenDtypes.size());

const DtypeEntry& entryOf(TokenDtype dtype) { return kEntries[static_cast<std::size_t>(dtype)]; }

/// One little-endian item as a signed number; u8, u16 and u32 always fit.
std::int64_t itemValue(const std::byte* bytes, TokenDtype dtype, std::uint64_t itemBytes) {
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < itemBytes; ++i)
        value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    if (dtype == TokenDtype::I32)
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    return static_cast<std::int64_t>(value);
}

}  // namespace

Expected<TokenDtype> parseTokenDtype(std::string_view text) {
    for (const TokenDtype dtype : kTokenDtypes)
        if (tokenDtypeText(dtype) == text) return dtype;
    return Error{ErrorCode::SettingsSyntax, "token dtype",
                 "\"" + escapeForDisplay(text) + "\" is not known", "Use u8, u16, u32, i32 or i64"};
}

std::string_view tokenDtypeText(TokenDtype dtype) { return entryOf(dtype).text; }

std::uint64_t tokenDtypeBytes(TokenDtype dtype) { return entryOf(dtype).bytes; }

std::string_view npyDescr(TokenDtype dtype) { return entryOf(dtype).descr; }

Expected<void> appendIds(std::span<const std::byte> bytes, TokenDtype dtype, std::uint64_t first,
                         std::vector<std::uint32_t>& ids) {
    const std::uint64_t itemBytes = tokenDtypeBytes(dtype);
    const std::size_t items = bytes.size() / itemBytes;
    for (std::size_t i = 0; i < items; ++i) {
        const std::int64_t id = itemValue(bytes.data() + i * itemBytes, dtype, itemBytes);
        if (id < 0 || id > std::numeric_limits<std::uint32_t>::max())
            return Error{ErrorCode::TokensIdRange, "token " + std::to_string(first + i),
                         "id " + std::to_string(id) + ", expected 0 to 4294967295",
                         "Check the dtype"};
        ids.push_back(static_cast<std::uint32_t>(id));
    }
    return {};
}

}  // namespace gridscope
