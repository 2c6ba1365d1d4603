// SPDX-License-Identifier: GPL-3.0-or-later

// A text file read once from front to back, unpacked on the way where its name ends in .zst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// Largest window of a zstd frame that is always accepted (formats.md, section 10).
constexpr std::uint64_t kZstdWindowBytes = std::uint64_t{1} << 27;

class ByteStream {
public:
    virtual ~ByteStream() = default;
    /// Fills the front of `into`, which is not empty; the count is 0 at the end only.
    /// Errors: file.read, file.vanished; tokens.compressed for damaged or cut frames.
    virtual Expected<std::size_t> read(std::span<char> into) = 0;
};

/// True where the last part of the name is .zst.
bool isCompressedName(const std::filesystem::path& path);

/// @param windowBytes memory that the window of a zstd frame may take, at most 2 GiB; below
///                    kZstdWindowBytes it counts as that
/// Errors: file.* (file.lfs-pointer; file.wrong-type for a saved web page and for a compressed file
/// that is not named .zst), memory.failed.
Expected<std::unique_ptr<ByteStream>> openByteStream(FileOps& ops,
                                                     const std::filesystem::path& path,
                                                     std::uint64_t windowBytes);

}  // namespace gridscope
