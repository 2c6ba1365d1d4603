// SPDX-License-Identifier: GPL-3.0-or-later

// Keeps the end of a training stream for measuring, when no other text is given for that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/text/eval_windows.h"

namespace gridscope {

/// Takes the last 5 % of `ids` away and cuts them into windows.
/// @param length tokens of a window
/// @param count  a number, or "all"; nothing = as many as there are, at most 128
/// Errors: tokens.too-few, settings.range
Expected<EvalWindows> holdOut(std::vector<std::uint32_t>& ids, std::uint64_t length,
                              const std::optional<std::string>& count);

}  // namespace gridscope
