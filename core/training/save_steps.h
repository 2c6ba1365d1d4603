// SPDX-License-Identifier: GPL-3.0-or-later

// The grammar of --save: at which steps a training run keeps a checkpoint.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

/// The steps that `text` names, ascending, each once.
/// @param text  items joined by commas: `log` (0, 1, 2, 4, ... 512), `every:N` (multiples of N),
///              or a step number; steps are absolute, also in a fork
/// @param first step of the starting weights
/// @param last  last step of the run; always in the result
/// @return steps of first..last; a number that is out of this range is an error, items are cut to
/// it Errors: settings.syntax, settings.range (where: the item)
Expected<std::vector<std::int64_t>> parseSaveSteps(std::string_view text, std::int64_t first,
                                                   std::int64_t last);

}  // namespace gridscope
