// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/ATen.h>

#include "core/model/architecture.h"
#include "core/model/attention_impl.h"
#include "core/model/decoder_impl.h"
#include "core/model/feed_forward_impl.h"
#include "core/model/normalize_impl.h"

namespace gridscope {

namespace {

/// x + attention(norm(x)), then the MLP after it or, with a parallel residual, beside it.
at::Tensor blockWithNormsBefore(const AttentionBlock& block, const at::Tensor& x,
                                const std::stop_token& stop) {
    const ModelConfig& config = block.config;
    const BlockWeights& weights = block.weights;
    const at::Tensor attention =
        attend(block, normalize(config, x, weights.attentionNorm, weights.attentionNormBias), stop);
    if (stop.stop_requested()) return {};
    // The order of the sums is the reference's: (mlp + attention) + x.
    const at::Tensor base = config.parallelResidual ? x : attention + x;
    const at::Tensor mlp = feedForward(
        config, weights, normalize(config, base, weights.mlpNorm, weights.mlpNormBias), stop);
    if (stop.stop_requested()) return {};
    return config.parallelResidual ? (mlp + attention) + x : mlp + base;
}

/// x + norm(attention(x)), then the same with the MLP.
at::Tensor blockWithNormsAfter(const AttentionBlock& block, const at::Tensor& x,
                               const std::stop_token& stop) {
    const ModelConfig& config = block.config;
    const BlockWeights& weights = block.weights;
    const at::Tensor attention = attend(block, x, stop);
    if (stop.stop_requested()) return {};
    const at::Tensor base =
        x + normalize(config, attention, weights.attentionNorm, weights.attentionNormBias);
    const at::Tensor mlp = feedForward(config, weights, base, stop);
    if (stop.stop_requested()) return {};
    return base + normalize(config, mlp, weights.mlpNorm, weights.mlpNormBias);
}

}  // namespace

at::Tensor forwardHidden(const ModelConfig& config, const DecoderWeights& weights,
                         const RotaryTable& rotary, const at::Tensor& ids,
                         const std::stop_token& stop) {
    const bool normsAfter =
        architectureTraits(config.architecture).normPlacement == NormPlacement::AfterPart;
    at::Tensor x = at::embedding(weights.embedding, ids);
    if (weights.positions.defined()) x = x + weights.positions.narrow(0, 0, ids.size(1));
    for (std::size_t i = 0; i < weights.blocks.size(); ++i) {
        const AttentionBlock block{config, weights.blocks[i], rotary, static_cast<std::int64_t>(i)};
        x = normsAfter ? blockWithNormsAfter(block, x, stop) : blockWithNormsBefore(block, x, stop);
        if (stop.stop_requested()) return {};
    }
    return normalize(config, x, weights.finalNorm, weights.finalNormBias);
}

}  // namespace gridscope
