// SPDX-License-Identifier: GPL-3.0-or-later

// What a file is by its first bytes, so that a wrong one is refused by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/error.h"

namespace gridscope {

enum class FileType {
    Unknown,
    Safetensors,
    LfsPointer,
    Zip,
    LegacyTorch,
    Pickle,
    Tar,
    Hdf5,
    Gguf,
    WebPage
};

/// How many bytes detectFileType wants to see (fewer if the file is shorter).
inline constexpr std::size_t kTypeProbeBytes = 512;

/// The hint of every error that a file gives because it ends too early.
inline constexpr const char* kIncompleteHint = "The download is incomplete; fetch it again";

/// The type by formats.md 2.4.
/// @param first     the first kTypeProbeBytes bytes, or all of a shorter file
/// @param sizeBytes size of the whole file
/// @param extension of the file name, with the dot; ".safetensors" changes the order of the tests,
///                  because the length field of such a file may begin with any byte
FileType detectFileType(std::span<const std::byte> first, std::uint64_t sizeBytes,
                        std::string_view extension);

/// What people call the type, such as "a ZIP archive".
std::string_view fileTypeName(FileType type);

/// The error of a Git LFS pointer (file.lfs-pointer, with its oid and size) if `content` is one.
std::optional<Error> lfsPointerError(std::string_view content, std::string_view where);

/// The error of a file that stands in place of a wanted JSON, text or token file: a Git LFS pointer
/// as above, or a saved web page (file.wrong-type). Nothing says nothing else about the file.
/// @param content all of the file, or its first KiB or more
std::optional<Error> standInError(std::string_view content, std::string_view where);

}  // namespace gridscope
