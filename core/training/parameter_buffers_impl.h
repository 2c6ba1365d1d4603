// SPDX-License-Identifier: GPL-3.0-or-later

// All parameters of a model in one flat tensor and all gradients in another, with views of both.
#pragma once

#include "core/model/decoder_impl.h"
#include "core/model/torch_backend_impl.h"
#include "core/training/gpt_neox_parameters_impl.h"

namespace gridscope {

/// Leaf tensors that share one buffer, so that clipping and AdamW are sweeps over flat memory.
/// autograd adds into the gradient views in place; zero the flat gradients before each update.
struct ParameterBuffers {
    FlatLayout layout;
    at::Tensor flatWeights;    ///< [layout.totalSize]
    at::Tensor flatGradients;  ///< [layout.totalSize]
    DecoderWeights weights;    ///< views with requires_grad; the head without (see NextTokenLoss)
    at::Tensor headGradient;   ///< view, [vocabulary rows, hidden]; of the embedding when tied
};

/// Zero weights and gradients of type `dtype` (F32 to train, F64 to check gradients), on the CPU.
ParameterBuffers makeParameterBuffers(const ModelConfig& config, at::ScalarType dtype);

}  // namespace gridscope
