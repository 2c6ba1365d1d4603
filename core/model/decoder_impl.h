// SPDX-License-Identifier: GPL-3.0-or-later

// The one decoder: a plain struct of tensors and a forward pass to the last hidden states.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "core/model/model_config.h"

namespace gridscope {

/// Weights of one transformer block, FP32. Linear weights are [out, in]; what an architecture
/// does not have stays undefined. Swapping a fake-quantized matrix is an assignment.
struct BlockWeights {
    at::Tensor attentionNorm, attentionNormBias;  ///< [hidden]
    at::Tensor qkv, qkvBias;                      ///< [3 hidden, hidden], per head q|k|v (gpt_neox)
    at::Tensor attentionOut, attentionOutBias;    ///< [hidden, hidden]
    at::Tensor mlpNorm, mlpNormBias;              ///< [hidden]
    at::Tensor up, upBias;                        ///< [intermediate, hidden]
    at::Tensor down, downBias;                    ///< [hidden, intermediate]
};

struct DecoderWeights {
    at::Tensor embedding;  ///< [vocabulary rows, hidden]
    std::vector<BlockWeights> blocks;
    at::Tensor finalNorm, finalNormBias;  ///< [hidden]
    at::Tensor head;                      ///< [vocabulary rows, hidden]
};

/// The place of the tensor that the files call `name`, or null if the decoder has none such.
/// `weights.blocks` must have its final size.
at::Tensor* weightSlot(DecoderWeights& weights, Architecture architecture, std::string_view name);

/// Cosines and sines of the rotary embedding, FP32 [length, rot], on the device of `like`.
struct RotaryTable {
    at::Tensor cosine, sine;
};
RotaryTable makeRotaryTable(const ModelConfig& config, std::int64_t length, const at::Tensor& like);

/// Hidden states after the final norm, ready for the head.
/// @param ids  [batch, length] int64
/// @param stop polled before every matrix product
/// @return [batch, length, hidden]; undefined if `stop` was requested
/// Works with and without autograd. Source: formats.md 7.1.
at::Tensor forwardHidden(const ModelConfig& config, const DecoderWeights& weights,
                         const RotaryTable& rotary, const at::Tensor& ids,
                         const std::stop_token& stop);

}  // namespace gridscope
