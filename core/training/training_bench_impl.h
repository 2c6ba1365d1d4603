// SPDX-License-Identifier: GPL-3.0-or-later

// What a forward and backward pass of the trainer takes; for the bench.
#pragma once

#include <cstdint>

#include "core/model/model_config.h"

namespace gridscope {

/// Seconds of the faster of two passes over one micro-batch of random tokens, after one that warms
/// up: loss and all gradients, without the optimizer. Throws what libtorch throws.
double trainingPassSeconds(const ModelConfig& config, std::int64_t batch, std::int64_t length);

}  // namespace gridscope
