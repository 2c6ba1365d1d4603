// SPDX-License-Identifier: GPL-3.0-or-later

// The norms of the decoder, over the last dimension.
#pragma once

#include "core/model/model_config.h"

namespace at {
class Tensor;
}

namespace gridscope {

/// The configured kind of norm: LayerNorm with population variance, or x / sqrt(mean(x^2) + eps),
/// with the epsilon inside the root.
/// @param x      [..., size]
/// @param weight [size], or undefined
/// @param bias   [size], or undefined
at::Tensor normalize(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight,
                     const at::Tensor& bias);

}  // namespace gridscope
