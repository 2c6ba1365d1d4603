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

/// The winner among the names in one folder by formats.md 2.3; nothing if none can hold weights.
/// Errors: scan.ambiguous for several lone candidates, scan.unsupported for a DeepSpeed folder.
Expected<std::optional<WeightsChoice>> chooseWeights(const std::vector<std::string>& names,
                                                     std::string_view where);

}  // namespace gridscope
