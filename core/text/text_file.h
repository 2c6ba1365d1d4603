// SPDX-License-Identifier: GPL-3.0-or-later

// Reads a plain text file, .txt or .txt.zst, as one UTF-8 document.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/text/byte_stream.h"

namespace gridscope {

struct TextDocument {
    std::string text;            ///< valid UTF-8, without a byte order mark
    std::uint64_t replaced = 0;  ///< ill-formed sequences that became U+FFFD
};

/// At most 1 GiB, unpacked.
/// @param windowBytes as for openByteStream, for .zst
/// Errors: file.* (also file.lfs-pointer; file.wrong-type for UTF-16), tokens.compressed,
/// memory.failed.
Expected<TextDocument> readTextFile(FileOps& ops, const std::filesystem::path& path,
                                    std::uint64_t windowBytes = kZstdWindowBytes);

}  // namespace gridscope
