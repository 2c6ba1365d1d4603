// SPDX-License-Identifier: GPL-3.0-or-later

// The header of a safetensors file, checked by every rule of formats.md 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/checkpoint/tensor_source.h"

namespace gridscope {

struct SafetensorsHeader {
    std::vector<TensorInfo> tensors;         ///< in file order
    std::vector<std::uint64_t> fileOffsets;  ///< [tensors] first byte of each, from the file start
    std::vector<std::pair<std::string, std::string>> metadata;  ///< in file order
};

/// Rules 1-3: the length of the header, proven to lie inside a file of `sizeBytes`.
/// @param lengthField the first 8 bytes of the file
/// Errors: safetensors.too-small, safetensors.header-length
Expected<std::uint64_t> checkHeaderLength(std::string_view lengthField, std::uint64_t sizeBytes,
                                          std::string_view where);

/// Rules 4-11 for the JSON text between the length and the data.
/// Errors: safetensors.*, json.depth; of several faults the one of the first rule.
Expected<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::uint64_t sizeBytes,
                                                   std::string_view where);

/// All rules for an open file. Errors: as above, file.read, file.vanished.
Expected<SafetensorsHeader> readSafetensorsHeader(const File& file, std::uint64_t sizeBytes,
                                                  std::string_view where);

}  // namespace gridscope
