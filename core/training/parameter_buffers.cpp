// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include "core/training/parameter_buffers_impl.h"

namespace gridscope {

ParameterBuffers makeParameterBuffers(const ModelConfig& config, at::ScalarType dtype) {
    ParameterBuffers buffers;
    buffers.layout = gptNeoxLayout(config);
    const auto options = at::TensorOptions().dtype(dtype);
    buffers.flatWeights = at::zeros({buffers.layout.totalSize}, options);
    buffers.flatGradients = at::zeros({buffers.layout.totalSize}, options);
    buffers.weights.blocks.resize(static_cast<std::size_t>(config.layers));
    const auto view = [](const at::Tensor& flat, const FlatParameter& parameter) {
        return flat.narrow(0, parameter.offset, parameter.size).view(parameter.shape);
    };
    for (const FlatParameter& parameter : buffers.layout.parameters) {
        // detach: a leaf on the same memory instead of a view that autograd follows.
        at::Tensor weight = view(buffers.flatWeights, parameter).detach();
        at::Tensor gradient = view(buffers.flatGradients, parameter);
        at::Tensor* slot = weightSlot(buffers.weights, config.architecture, parameter.name);
        TORCH_INTERNAL_ASSERT(slot != nullptr, "no slot for ", parameter.name);
        *slot = weight;
        if (slot == &buffers.weights.head) {
            buffers.headGradient = gradient;
            continue;
        }
        weight.requires_grad_(true);
        weight.mutable_grad() = gradient;
        if (config.tiedEmbeddings && slot == &buffers.weights.embedding) {
            buffers.weights.head = weight.detach();
            buffers.headGradient = gradient;
        }
    }
    return buffers;
}

}  // namespace gridscope
