// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/ATen.h>

#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

#include "core/model/decoder_impl.h"
#include "core/model/rotary_split_impl.h"

namespace gridscope {

namespace {

struct BlockSlot {
    std::string_view suffix;
    at::Tensor BlockWeights::*member;
};

// Names of formats.md 7.3; an architecture is one table.
constexpr std::array<BlockSlot, 12> kGptNeoxBlock{{
    {"input_layernorm.weight", &BlockWeights::attentionNorm},
    {"input_layernorm.bias", &BlockWeights::attentionNormBias},
    {"attention.query_key_value.weight", &BlockWeights::qkv},
    {"attention.query_key_value.bias", &BlockWeights::qkvBias},
    {"attention.dense.weight", &BlockWeights::attentionOut},
    {"attention.dense.bias", &BlockWeights::attentionOutBias},
    {"post_attention_layernorm.weight", &BlockWeights::mlpNorm},
    {"post_attention_layernorm.bias", &BlockWeights::mlpNormBias},
    {"mlp.dense_h_to_4h.weight", &BlockWeights::up},
    {"mlp.dense_h_to_4h.bias", &BlockWeights::upBias},
    {"mlp.dense_4h_to_h.weight", &BlockWeights::down},
    {"mlp.dense_4h_to_h.bias", &BlockWeights::downBias},
}};

at::Tensor* gptNeoxSlot(DecoderWeights& weights, std::string_view name) {
    constexpr std::string_view kBlocks = "gpt_neox.layers.";
    if (name == "gpt_neox.embed_in.weight") return &weights.embedding;
    if (name == "gpt_neox.final_layer_norm.weight") return &weights.finalNorm;
    if (name == "gpt_neox.final_layer_norm.bias") return &weights.finalNormBias;
    if (name == "embed_out.weight" || name == "lm_head.weight") return &weights.head;
    if (!name.starts_with(kBlocks)) return nullptr;
    name.remove_prefix(kBlocks.size());
    std::size_t block = 0;
    const auto [end, status] = std::from_chars(name.data(), name.data() + name.size(), block);
    if (status != std::errc{} || block >= weights.blocks.size()) return nullptr;
    name.remove_prefix(static_cast<std::size_t>(end - name.data()));
    if (!name.starts_with('.')) return nullptr;
    name.remove_prefix(1);
    for (const BlockSlot& slot : kGptNeoxBlock) {
        if (slot.suffix == name) return &(weights.blocks[block].*slot.member);
    }
    return nullptr;
}

at::Tensor normalize(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight,
                     const at::Tensor& bias) {
    return at::layer_norm(x, {config.hidden}, weight, bias, config.normEpsilon);
}

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

/// Rotates the first channels of u [batch, heads, length, head dimension], half split. The width
/// follows the table: an odd rotary dimension rotates one channel more (formats.md 6.2).
at::Tensor rotate(const at::Tensor& u, const RotaryTable& rotary) {
    const std::int64_t half = rotary.cosine.size(-1);
    const std::int64_t rot = 2 * half;
    const at::Tensor u1 = u.narrow(-1, 0, half);
    const at::Tensor u2 = u.narrow(-1, half, half);
    const at::Tensor first = u1 * rotary.cosine - u2 * rotary.sine;
    const at::Tensor second = u2 * rotary.cosine + u1 * rotary.sine;
    const std::int64_t rest = u.size(-1) - rot;
    if (rest == 0) return at::cat({first, second}, -1);
    return at::cat({first, second, u.narrow(-1, rot, rest)}, -1);
}

/// The same as splitAndRotate for any device and any width of the rotation.
QueryKeyValue splitByOperations(const ModelConfig& config, const RotaryTable& rotary,
                                const at::Tensor& qkv) {
    const at::Tensor triples =
        qkv.view({qkv.size(0), qkv.size(1), config.heads, 3 * config.headDimension})
            .transpose(1, 2);
    QueryKeyValue out{triples.narrow(-1, 0, config.headDimension),
                      triples.narrow(-1, config.headDimension, config.headDimension),
                      triples.narrow(-1, 2 * config.headDimension, config.headDimension)};
    if (config.rope.rotaryDimensions > 0) {
        out.q = rotate(out.q, rotary);
        out.k = rotate(out.k, rotary);
    }
    return out;
}

/// Attention of one block without residual: x [batch, length, hidden] normed already.
at::Tensor attend(const ModelConfig& config, const BlockWeights& block, const RotaryTable& rotary,
                  const at::Tensor& x, const std::stop_token& stop) {
    const std::int64_t batch = x.size(0);
    const std::int64_t length = x.size(1);
    const at::Tensor qkv = at::linear(x, block.qkv, block.qkvBias);
    if (stop.stop_requested()) return {};
    const auto [q, k, v] = canSplitAndRotate(config, rotary, qkv)
                               ? splitAndRotate(config, rotary, qkv)
                               : splitByOperations(config, rotary, qkv);
    const at::Tensor mixed = at::scaled_dot_product_attention(q, k, v, {}, 0.0, true);
    if (stop.stop_requested()) return {};
    const at::Tensor merged =
        mixed.transpose(1, 2).reshape({batch, length, config.heads * config.headDimension});
    return at::linear(merged, block.attentionOut, block.attentionOutBias);
}

at::Tensor feedForward(const ModelConfig& config, const BlockWeights& block, const at::Tensor& x,
                       const std::stop_token& stop) {
    const at::Tensor inner = at::linear(x, block.up, block.upBias);
    if (stop.stop_requested()) return {};
    return at::linear(activate(config.activation, inner), block.down, block.downBias);
}

}  // namespace

at::Tensor* weightSlot(DecoderWeights& weights, Architecture architecture, std::string_view name) {
    switch (architecture) {
    case Architecture::GptNeox:
        return gptNeoxSlot(weights, name);
    default:
        return nullptr;
    }
}

RotaryTable makeRotaryTable(const ModelConfig& config, std::int64_t length,
                            const at::Tensor& like) {
    // Frequencies, angles, cosines and sines in FP32 as the reference computes them; the fp16
    // inv_freq of old files is ignored.
    const std::int64_t rot = config.rope.rotaryDimensions;
    const auto options = like.options().dtype(at::kFloat).requires_grad(false);
    const at::Tensor exponent =
        at::arange(0, rot, 2, options) / static_cast<double>(std::max<std::int64_t>(rot, 1));
    const at::Tensor frequency = at::reciprocal(at::pow(config.rope.theta, exponent));
    const at::Tensor angle = at::outer(at::arange(0, length, options), frequency);
    return {at::cos(angle), at::sin(angle)};
}

at::Tensor forwardHidden(const ModelConfig& config, const DecoderWeights& weights,
                         const RotaryTable& rotary, const at::Tensor& ids,
                         const std::stop_token& stop) {
    at::Tensor x = at::embedding(weights.embedding, ids);
    for (const BlockWeights& block : weights.blocks) {
        const at::Tensor attention =
            attend(config, block, rotary,
                   normalize(config, x, block.attentionNorm, block.attentionNormBias), stop);
        if (stop.stop_requested()) return {};
        // The order of the sums is the reference's: (mlp + attention) + x.
        const at::Tensor base = config.parallelResidual ? x : attention + x;
        const at::Tensor mlp = feedForward(
            config, block, normalize(config, base, block.mlpNorm, block.mlpNormBias), stop);
        if (stop.stop_requested()) return {};
        x = config.parallelResidual ? (mlp + attention) + x : mlp + base;
    }
    return normalize(config, x, weights.finalNorm, weights.finalNormBias);
}

}  // namespace gridscope
