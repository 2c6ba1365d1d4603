// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/attention_impl.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

#include "core/model/architecture.h"
#include "core/model/normalize_impl.h"
#include "core/model/rotary_split_impl.h"

namespace gridscope {

namespace {

/// Rotates the first channels of u [batch, heads, length, head dimension], half split. The width
/// follows the table: an odd rotary dimension rotates one channel more (formats.md 6.2).
at::Tensor rotate(const at::Tensor& u, const RotaryTable& rotary) {
    if (!rotary.cosine.defined()) return u;
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

/// [batch, length, heads * width] as [batch, length, heads, width], without a copy.
at::Tensor withHeads(const at::Tensor& x, std::int64_t heads) {
    return x.view({x.size(0), x.size(1), heads, x.size(2) / heads});
}

/// gpt_neox: q|k|v of one head stand together.
QueryKeyValue fusedByHead(const AttentionBlock& block, const at::Tensor& x) {
    const at::Tensor qkv = at::linear(x, block.weights.qkv, block.weights.qkvBias);
    if (canSplitAndRotate(block.config, block.rotary, qkv))
        return splitAndRotate(block.config, block.rotary, qkv);
    const std::int64_t width = block.config.headDimension;
    const at::Tensor triples = withHeads(qkv, block.config.heads).transpose(1, 2);
    return {rotate(triples.narrow(-1, 0, width), block.rotary),
            rotate(triples.narrow(-1, width, width), block.rotary),
            triples.narrow(-1, 2 * width, width)};
}

/// gpt2: all of q, then all of k, then all of v; nothing rotates.
QueryKeyValue fusedByPart(const AttentionBlock& block, const at::Tensor& x) {
    const at::Tensor qkv = at::linear(x, block.weights.qkv, block.weights.qkvBias);
    const std::int64_t width = qkv.size(-1) / 3;
    const auto part = [&](std::int64_t index) {
        return withHeads(qkv.narrow(-1, index * width, width), block.config.heads).transpose(1, 2);
    };
    return {part(0), part(1), part(2)};
}

struct Projection {
    at::Tensor weight, bias;
    at::Tensor norm;  ///< undefined = none
    std::int64_t heads;
};

/// One of q, k and v, with what is done to it before the rotation: [batch, heads, length, width].
at::Tensor project(const AttentionBlock& block, const Projection& projection, const at::Tensor& x) {
    const ModelConfig& config = block.config;
    const QueryKeyNorm norm = architectureTraits(config.architecture).queryKeyNorm;
    at::Tensor u = at::linear(x, projection.weight, projection.bias);
    if (config.clipQkv) u = at::clamp(u, -*config.clipQkv, *config.clipQkv);
    if (projection.norm.defined() && norm == QueryKeyNorm::WholeProjection)
        u = normalize(config, u, projection.norm, {});
    u = withHeads(u, projection.heads);
    if (projection.norm.defined() && norm == QueryKeyNorm::PerHead)
        u = normalize(config, u, projection.norm, {});
    return u.transpose(1, 2);
}

/// Gives each query head the key or value head it uses: head j that of j / (heads / kv heads).
at::Tensor repeatHeads(const at::Tensor& u, std::int64_t heads) {
    const std::int64_t group = heads / u.size(1);
    if (group == 1) return u;
    return u.unsqueeze(2)
        .expand({u.size(0), u.size(1), group, u.size(2), u.size(3)})
        .reshape({u.size(0), heads, u.size(2), u.size(3)});
}

QueryKeyValue separate(const AttentionBlock& block, const at::Tensor& x,
                       const std::stop_token& stop) {
    const ModelConfig& config = block.config;
    const BlockWeights& w = block.weights;
    at::Tensor q = project(block, {w.query, w.queryBias, w.queryNorm, config.heads}, x);
    if (stop.stop_requested()) return {};
    at::Tensor k = project(block, {w.key, w.keyBias, w.keyNorm, config.keyValueHeads}, x);
    if (stop.stop_requested()) return {};
    at::Tensor v = project(block, {w.value, w.valueBias, {}, config.keyValueHeads}, x);
    if (config.rotates(block.layer)) {
        q = rotate(q, block.rotary);
        k = rotate(k, block.rotary);
    }
    return {q, repeatHeads(k, config.heads), repeatHeads(v, config.heads)};
}

QueryKeyValue queryKeyValue(const AttentionBlock& block, const at::Tensor& x,
                            const std::stop_token& stop) {
    switch (architectureTraits(block.config.architecture).projections) {
    case Projections::FusedByHead:
        return fusedByHead(block, x);
    case Projections::FusedByPart:
        return fusedByPart(block, x);
    case Projections::Separate:
        return separate(block, x, stop);
    }
    return {};
}

/// What q k^T is multiplied with; nothing = the usual head dimension^-0.5.
std::optional<double> attentionScale(const ModelConfig& config, std::int64_t layer) {
    if (config.scaleAttention && !config.scaleByInverseLayer) return std::nullopt;
    const double scale =
        config.scaleAttention ? 1.0 / std::sqrt(static_cast<double>(config.headDimension)) : 1.0;
    return config.scaleByInverseLayer ? scale / static_cast<double>(layer + 1) : scale;
}

}  // namespace

at::Tensor attend(const AttentionBlock& block, const at::Tensor& x, const std::stop_token& stop) {
    const ModelConfig& config = block.config;
    const QueryKeyValue heads = queryKeyValue(block, x, stop);
    if (stop.stop_requested()) return {};
    const at::Tensor mixed = at::scaled_dot_product_attention(
        heads.q, heads.k, heads.v, {}, 0.0, true, attentionScale(config, block.layer));
    if (stop.stop_requested()) return {};
    const at::Tensor merged =
        mixed.transpose(1, 2).reshape({x.size(0), x.size(1), config.heads * config.headDimension});
    return at::linear(merged, block.weights.attentionOut, block.weights.attentionOutBias);
}

}  // namespace gridscope
