// SPDX-License-Identifier: GPL-3.0-or-later

// The index of a checkpoint in several files: which tensor lies in which of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

inline constexpr std::uint64_t kLargestShardIndex = std::uint64_t{64} << 20;

struct ShardIndex {
    /// Bytes of all tensors as the writer counted them; old writers counted wrongly.
    std::optional<double> totalSize;
    std::vector<std::pair<std::string, std::string>> weightMap;  ///< tensor, file; sorted by tensor
    std::vector<std::string> files;                              ///< in natural order, each once
};

/// Reads an index.json by formats.md 4. Every file name is one plain path component.
/// Errors: shards.index (JSON, keys, limits), shards.outside-folder with the file name, json.depth.
Expected<ShardIndex> parseShardIndex(std::string_view json, std::string_view where);

}  // namespace gridscope
