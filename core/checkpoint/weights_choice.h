// SPDX-License-Identifier: GPL-3.0-or-later

// Which file of a checkpoint folder holds the weights when several could.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

struct WeightsChoice {
    std::string file;
    std::string format;                ///< "safetensors", "safetensors-index", "pytorch", ...
    std::vector<std::string> ignored;  ///< other containers of the same weights, not used
};

/// One archive per training step beside a shared config.json (formats.md 2.1, layout 4): the names
/// in natural order. Empty unless the folder has no other weights, at least two .pt or .pth files,
/// and a label in every one of them.
std::vector<std::string> archivesPerStep(const std::vector<std::string>& names);

/// The winner among the names in one folder by formats.md 2.3; nothing if none can hold weights.
/// Errors: scan.ambiguous for several lone candidates, scan.unsupported for a DeepSpeed folder.
Expected<std::optional<WeightsChoice>> chooseWeights(const std::vector<std::string>& names,
                                                     std::string_view where);

}  // namespace gridscope
