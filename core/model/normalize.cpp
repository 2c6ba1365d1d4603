// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/normalize_impl.h"

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/rms_norm.h>

namespace gridscope {

at::Tensor normalize(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight,
                     const at::Tensor& bias) {
    const std::int64_t size = x.size(-1);
    if (config.norm == NormKind::Rms) return at::rms_norm(x, {size}, weight, config.normEpsilon);
    return at::layer_norm(x, {size}, weight, bias, config.normEpsilon);
}

}  // namespace gridscope
