// SPDX-License-Identifier: GPL-3.0-or-later

// Writes FP32 tensors as one safetensors file, completely or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

struct TensorToWrite {
    std::string name;
    std::vector<std::uint64_t> shape;
    std::span<const float> values;  ///< row-major; belongs to the caller
};

/// Streams the tensors in the given order to a temporary file beside `path`, syncs and renames.
/// The header is padded with blanks to a multiple of 8. Existing files are replaced.
/// @param metadata strings for `__metadata__`; none = the key is left out
/// Errors: output.not-writable, file.disk-full, file.write; safetensors.duplicate-name,
/// safetensors.shape and safetensors.limit for what could not be read back.
Expected<void> writeSafetensors(FileOps& ops, const std::filesystem::path& path,
                                std::span<const TensorToWrite> tensors,
                                const std::vector<std::pair<std::string, std::string>>& metadata);

}  // namespace gridscope
