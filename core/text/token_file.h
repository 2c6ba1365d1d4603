// SPDX-License-Identifier: GPL-3.0-or-later

// Reads token ids from .npy and raw .bin files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/text/eval_windows.h"
#include "core/text/token_dtype.h"

namespace gridscope {

constexpr std::uint64_t kAllIds = std::numeric_limits<std::uint64_t>::max();

/// Reads `path`: .npy if it starts with the magic of that format or its name ends so, else raw
/// ids of the given `dtype`, which is never guessed.
/// @param dtype for .npy it may be left out, and must agree if given
/// @param most  of a flat stream only the first so many ids are kept (the file is still checked)
/// Errors: npy.header, npy.dtype, npy.order, npy.shape, npy.size (in this order); tokens.dtype,
/// tokens.size, tokens.id-range (negative or above 32 bits, with position); file.*, memory.failed.
/// Source: formats.md, section 10.
Expected<TokenArray> readTokenFile(FileOps& ops, const std::filesystem::path& path,
                                   std::optional<TokenDtype> dtype, std::uint64_t most = kAllIds);

}  // namespace gridscope
