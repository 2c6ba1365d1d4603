// SPDX-License-Identifier: GPL-3.0-or-later

// Reads a plain text file as one UTF-8 document.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

struct TextDocument {
    std::string text;            ///< valid UTF-8, without a byte order mark
    std::uint64_t replaced = 0;  ///< ill-formed sequences that became U+FFFD
};

/// At most 1 GiB. Errors: file.* (also file.lfs-pointer; file.wrong-type for UTF-16),
/// memory.failed.
Expected<TextDocument> readTextFile(FileOps& ops, const std::filesystem::path& path);

}  // namespace gridscope
