// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/feed_forward_impl.h"

#include <ATen/ATen.h>

namespace gridscope {

namespace {

at::Tensor activate(Activation activation, const at::Tensor& x) {
    switch (activation) {
    case Activation::GeluExact:
        return at::gelu(x, "none");
    case Activation::GeluTanh:
        return at::gelu(x, "tanh");
    case Activation::GeluFast: {
        // The tanh form with its constant written as 0.7978845608.
        const at::Tensor inner = 0.7978845608 * x * (1.0 + 0.044715 * x * x);
        return 0.5 * x * (1.0 + at::tanh(inner));
    }
    case Activation::QuickGelu:
        return x * at::sigmoid(1.702 * x);
    case Activation::Silu:
        return at::silu(x);
    case Activation::Relu:
        return at::relu(x);
    }
    return x;
}

}  // namespace

at::Tensor feedForward(const ModelConfig& config, const BlockWeights& block, const at::Tensor& x,
                       const std::stop_token& stop) {
    at::Tensor inner = at::linear(x, block.up, block.upBias);
    if (stop.stop_requested()) return {};
    if (block.gate.defined()) {
        const at::Tensor gate = at::linear(x, block.gate, block.gateBias);
        if (stop.stop_requested()) return {};
        inner = activate(config.activation, gate) * inner;
    } else {
        inner = activate(config.activation, inner);
    }
    return at::linear(inner, block.down, block.downBias);
}

}  // namespace gridscope
