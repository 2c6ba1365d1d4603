// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/eval_preset.h"

#include <array>
#include <string>

namespace gridscope {

std::span<const EvalPreset> evalPresets() {
    // llamacpp-512 scores the second half: 255 targets, positions 257 to 511.
    static const std::array<EvalPreset, 3> kPresets{
        EvalPreset{"paper", {.count = 128, .length = 512, .firstScored = 1}},
        EvalPreset{"llamacpp-512", {.count = std::nullopt, .length = 512, .firstScored = 257}},
        EvalPreset{"gptq-2048", {.count = std::nullopt, .length = 2048, .firstScored = 1}}};
    return kPresets;
}

Expected<EvalPreset> findEvalPreset(std::string_view name) {
    std::string known;
    for (const EvalPreset& preset : evalPresets()) {
        if (preset.name == name) return preset;
        known += (known.empty() ? "" : ", ") + std::string(preset.name);
    }
    const std::string quoted = "\"" + escapeForDisplay(name) + "\"";
    return Error{ErrorCode::SettingsSyntax, "evaluation preset",
                 name == "rolling" ? quoted + " is not supported yet" : quoted + " is not known",
                 "Use one of " + known};
}

}  // namespace gridscope
