// SPDX-License-Identifier: GPL-3.0-or-later

// The fused qkv product of gpt_neox cut into q, k and v and rotated in one sweep.
#pragma once

#include "core/model/decoder_impl.h"

namespace gridscope {

struct QueryKeyValue {
    at::Tensor q, k, v;  ///< [batch, heads, length, head dimension], contiguous
};

/// True if splitAndRotate takes such a tensor: FP32 or F64 on the CPU, with a rotation that is not
/// wider than a head.
bool canSplitAndRotate(const ModelConfig& config, const RotaryTable& rotary, const at::Tensor& qkv);

/// Every element as the separate tensor operations make it: two products, each rounded, and their
/// difference or sum. Works with autograd. Strided slices of a few channels cost far more as
/// tensor operations than the arithmetic on them, forwards and backwards.
/// @param qkv [batch, length, heads * 3 * head dimension], per head q|k|v
QueryKeyValue splitAndRotate(const ModelConfig& config, const RotaryTable& rotary,
                             const at::Tensor& qkv);

}  // namespace gridscope
