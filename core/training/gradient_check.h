// SPDX-License-Identifier: GPL-3.0-or-later

// For the tests: the trainer's gradients against central differences, in double precision.
#pragma once

#include <cstdint>

#include "core/base/expected.h"
#include "core/model/model_config.h"

namespace gridscope {

struct GradientCheck {
    double loss = 0.0;               ///< nats per token at the initial weights
    double maximumError = 0.0;       ///< largest difference over the largest gradient of its tensor
    std::int64_t checkedValues = 0;  ///< weights that were moved up and down
};

/// Compares up to 24 gradients of every tensor of a freshly initialised model, on random tokens.
/// The same code trains; only the number type differs.
/// Errors: internal.failed with the text of the tensor library
Expected<GradientCheck> checkGradients(const ModelConfig& config, std::uint64_t seed);

}  // namespace gridscope
