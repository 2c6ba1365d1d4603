// SPDX-License-Identifier: GPL-3.0-or-later

// The one decoder: a plain struct of tensors and a forward pass to the last hidden states.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "core/model/model_config.h"
#include "core/model/rotary_table_impl.h"
#include "core/model/torch_backend_impl.h"

namespace gridscope {

/// Weights of one transformer block, FP32. Linear weights are [out, in]; what an architecture
/// does not have stays undefined. Swapping a fake-quantized matrix is an assignment.
/// Queries are heads * head dimension wide, keys and values key-value heads * head dimension.
struct BlockWeights {
    at::Tensor attentionNorm, attentionNormBias;  ///< [hidden]
    at::Tensor qkv, qkvBias;                      ///< [3 hidden, hidden] (gpt_neox, gpt2)
    at::Tensor query, queryBias;                  ///< [queries, hidden]
    at::Tensor key, keyBias;                      ///< [keys, hidden]
    at::Tensor value, valueBias;                  ///< [keys, hidden]
    at::Tensor queryNorm, keyNorm;                ///< [queries], [keys], or [head dimension] both
    at::Tensor attentionOut, attentionOutBias;    ///< [hidden, queries]
    at::Tensor mlpNorm, mlpNormBias;              ///< [hidden]
    at::Tensor gate, gateBias;                    ///< [intermediate, hidden]
    at::Tensor up, upBias;                        ///< [intermediate, hidden]
    at::Tensor down, downBias;                    ///< [hidden, intermediate]
};

struct DecoderWeights {
    at::Tensor embedding;  ///< [vocabulary rows, hidden]
    at::Tensor positions;  ///< [positions, hidden] (gpt2)
    std::vector<BlockWeights> blocks;
    at::Tensor finalNorm, finalNormBias;  ///< [hidden]
    at::Tensor head;                      ///< [vocabulary rows, hidden]
};

/// The place of the tensor that `spec` describes, by its kind and block. `weights.blocks` must have
/// its final size.
at::Tensor& weightSlot(DecoderWeights& weights, const TensorSpec& spec);

/// Calls `change` with every tensor that is defined. A tied head is changed with the embedding and
/// stays the same tensor.
void forEachTensor(DecoderWeights& weights, const std::function<void(at::Tensor&)>& change);

/// Hidden states after the final norm, ready for the head.
/// @param ids  [batch, length] int64; the length has passed checkSequenceLength
/// @param stop polled before every matrix product
/// @return [batch, length, hidden]; undefined if `stop` was requested
/// Works with and without autograd. Source: formats.md 7.1, 7.2.
at::Tensor forwardHidden(const ModelConfig& config, const DecoderWeights& weights,
                         const RotaryTable& rotary, const at::Tensor& ids,
                         const std::stop_token& stop);

}  // namespace gridscope
