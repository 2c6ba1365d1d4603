// SPDX-License-Identifier: GPL-3.0-or-later

// Replaces a trajectory file by its next generation, so that a complete file is there at every
// moment, and clears away what a killed process left.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// Writes `image` beside `file`, forces it to disk, reads it back and hands those bytes to
/// `verify`, keeps the present file as `NAME.h5.bak` and puts the new one in its place.
/// On failure before the last rename the file is untouched and nothing is left behind.
/// Errors: file.disk-full, file.write, file.read, and those of `verify`.
Expected<void> replaceGeneration(FileOps& ops, const std::filesystem::path& file,
                                 std::string_view image,
                                 const std::function<Expected<void>(std::string_view)>& verify);

/// Whether files can be made where the generations of `file` will go, with room for `sizeBytes`.
/// Errors: output.not-writable, file.disk-full.
Expected<void> checkWritable(FileOps& ops, const std::filesystem::path& file,
                             std::uint64_t sizeBytes);

/// Removes temporary files of processes of this host that are gone. To be called under the lock.
void removeLeftovers(FileOps& ops, const std::filesystem::path& file);

}  // namespace gridscope
