// SPDX-License-Identifier: GPL-3.0-or-later

// The integer types that token files store ids in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

/// How one id is stored, always little-endian.
enum class TokenDtype { U8, U16, U32, I32, I64 };

inline constexpr std::array kTokenDtypes = {TokenDtype::U8, TokenDtype::U16, TokenDtype::U32,
                                            TokenDtype::I32, TokenDtype::I64};

/// "u8", "u16", "u32", "i32" or "i64". Errors: settings.syntax.
Expected<TokenDtype> parseTokenDtype(std::string_view text);
std::string_view tokenDtypeText(TokenDtype dtype);
std::uint64_t tokenDtypeBytes(TokenDtype dtype);
/// As .npy headers name it: "<u2".
std::string_view npyDescr(TokenDtype dtype);

/// Appends the ids that `bytes` holds, a whole number of items.
/// @param first number of the first of them in messages
/// Errors: tokens.id-range (negative, or above 32 bits) with `where` "token N".
Expected<void> appendIds(std::span<const std::byte> bytes, TokenDtype dtype, std::uint64_t first,
                         std::vector<std::uint32_t>& ids);

}  // namespace gridscope
