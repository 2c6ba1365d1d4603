// SPDX-License-Identifier: GPL-3.0-or-later

// Causal self-attention of one block, for every way in which q, k and v are stored.
#pragma once

#include <stop_token>

#include "core/model/decoder_impl.h"

namespace gridscope {

/// What attention works with beside its input; all of it belongs to the caller.
struct AttentionBlock {
    const ModelConfig& config;
    const BlockWeights& weights;
    const RotaryTable& rotary;
    std::int64_t layer;  ///< index of the block
};

/// Attention without norm and residual.
/// @param x    [batch, length, hidden]
/// @param stop polled before every matrix product
/// @return [batch, length, hidden]; undefined if `stop` was requested
/// Source: formats.md 7.1, 7.2
at::Tensor attend(const AttentionBlock& block, const at::Tensor& x, const std::stop_token& stop);

}  // namespace gridscope
