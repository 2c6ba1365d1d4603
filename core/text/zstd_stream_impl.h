// SPDX-License-Identifier: GPL-3.0-or-later

// Unpacks zstd frames while they are read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/text/byte_stream.h"

namespace gridscope {

/// The first bytes of a frame (RFC 8878, section 3.1.1).
inline constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";

/// All frames of `packed` one after another; skippable frames give nothing.
/// @param windowBytes as for openByteStream
/// Errors: memory.failed. Its read: tokens.compressed with the byte where it went wrong.
Expected<std::unique_ptr<ByteStream>> openZstdStream(std::unique_ptr<ByteStream> packed,
                                                     std::uint64_t windowBytes, std::string where);

}  // namespace gridscope
