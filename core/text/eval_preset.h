// SPDX-License-Identifier: GPL-3.0-or-later

// The named ways of cutting and scoring evaluation text.
#pragma once

#include <span>
#include <string_view>

#include "core/base/expected.h"
#include "core/text/eval_windows.h"

namespace gridscope {

struct EvalPreset {
    std::string_view name;
    WindowSettings windows;
};

/// All presets that can be used, the default (`paper`) first. Source: science.md, 1.3.
std::span<const EvalPreset> evalPresets();

/// Errors: settings.syntax naming the presets there are.
Expected<EvalPreset> findEvalPreset(std::string_view name);

}  // namespace gridscope
