// SPDX-License-Identifier: GPL-3.0-or-later

// The MLP of a block, plain or gated.
#pragma once

#include <stop_token>

#include "core/model/decoder_impl.h"

namespace gridscope {

/// down(act(up x)), or down(act(gate x) * up x) where the block has a gate.
/// @param x [batch, length, hidden]
/// @return the same shape; undefined if `stop` was requested
at::Tensor feedForward(const ModelConfig& config, const BlockWeights& block, const at::Tensor& x,
                       const std::stop_token& stop);

}  // namespace gridscope
