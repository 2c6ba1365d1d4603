// SPDX-License-Identifier: GPL-3.0-or-later

// The first bytes of a Megatron index, which say how the index and its data are laid out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/text/token_dtype.h"

namespace gridscope {

/// After the header: i32 lengths[sequences] in ids, i64 byte offsets[sequences], i64
/// documents[documentMarks]. Nothing is aligned. Source: formats.md, section 10.
struct MegatronHeader {
    TokenDtype dtype = TokenDtype::U16;
    std::uint64_t sequences = 0;
    std::uint64_t documentMarks = 0;  ///< first sequence of each document, and the end

    std::uint64_t offsetsAt() const;    ///< byte of the first offset
    std::uint64_t documentsAt() const;  ///< byte of the first document mark
};

constexpr std::uint64_t kMegatronHeaderBytes = 34;

/// @param start     the first kMegatronHeaderBytes bytes of the index, or all of a shorter file
/// @param sizeBytes of the whole index
/// Errors, in this order: tokens.format (magic, version), tokens.dtype, tokens.size.
Expected<MegatronHeader> readMegatronHeader(std::string_view start, std::uint64_t sizeBytes,
                                            const std::string& where);

}  // namespace gridscope
