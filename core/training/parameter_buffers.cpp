// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

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
    const std::vector<TensorSpec> specs = expectedTensors(config);
    for (const FlatParameter& parameter : buffers.layout.parameters) {
        // detach: a leaf on the same memory instead of a view that autograd follows.
        at::Tensor weight = view(buffers.flatWeights, parameter).detach();
        at::Tensor gradient = view(buffers.flatGradients, parameter);
        const auto spec = std::find_if(specs.begin(), specs.end(), [&](const TensorSpec& known) {
            return known.name == parameter.name;
        });
        TORCH_INTERNAL_ASSERT(spec != specs.end(), "the model has no ", parameter.name);
        at::Tensor& slot = weightSlot(buffers.weights, *spec);
        slot = weight;
        if (spec->role == TensorRole::Head) {
            buffers.headGradient = gradient;
            continue;
        }
        weight.requires_grad_(true);
        weight.mutable_grad() = gradient;
        if (config.tiedEmbeddings && spec->role == TensorRole::Embedding) {
            buffers.weights.head = weight.detach();
            buffers.headGradient = gradient;
        }
    }
    return buffers;
}

}  // namespace gridscope
