// SPDX-License-Identifier: GPL-3.0-or-later

#include <array>
#include <string_view>

#include "core/model/decoder_impl.h"

namespace gridscope {

namespace {

// The kinds of TensorSpec. File names differ between architectures, kinds do not: a new naming
// scheme needs nothing here.
template <class Weights>
struct Slot {
    std::string_view kind;
    at::Tensor Weights::*weight;
    at::Tensor Weights::*bias = nullptr;
};

constexpr std::array<Slot<BlockWeights>, 12> kBlockSlots{{
    {"norm.attn", &BlockWeights::attentionNorm, &BlockWeights::attentionNormBias},
    {"attn.qkv", &BlockWeights::qkv, &BlockWeights::qkvBias},
    {"attn.q", &BlockWeights::query, &BlockWeights::queryBias},
    {"attn.k", &BlockWeights::key, &BlockWeights::keyBias},
    {"attn.v", &BlockWeights::value, &BlockWeights::valueBias},
    {"norm.q", &BlockWeights::queryNorm},
    {"norm.k", &BlockWeights::keyNorm},
    {"attn.out", &BlockWeights::attentionOut, &BlockWeights::attentionOutBias},
    {"norm.mlp", &BlockWeights::mlpNorm, &BlockWeights::mlpNormBias},
    {"mlp.gate", &BlockWeights::gate, &BlockWeights::gateBias},
    {"mlp.up", &BlockWeights::up, &BlockWeights::upBias},
    {"mlp.down", &BlockWeights::down, &BlockWeights::downBias},
}};

constexpr std::array<Slot<DecoderWeights>, 4> kOuterSlots{{
    {"embed", &DecoderWeights::embedding},
    {"position", &DecoderWeights::positions},
    {"norm.final", &DecoderWeights::finalNorm, &DecoderWeights::finalNormBias},
    {"head", &DecoderWeights::head},
}};

template <class Weights, std::size_t Count>
at::Tensor& slotIn(const std::array<Slot<Weights>, Count>& slots, Weights& weights,
                   const TensorSpec& spec) {
    const bool bias = spec.name.ends_with(".bias");
    for (const Slot<Weights>& slot : slots) {
        if (slot.kind != spec.kind) continue;
        const auto member = bias ? slot.bias : slot.weight;
        TORCH_INTERNAL_ASSERT(member != nullptr, "no place for ", spec.name);
        return weights.*member;
    }
    TORCH_INTERNAL_ASSERT(false, "no place for ", spec.name);
}

template <class Weights, std::size_t Count>
void changeAll(const std::array<Slot<Weights>, Count>& slots, Weights& weights,
               const std::function<void(at::Tensor&)>& change) {
    for (const Slot<Weights>& slot : slots) {
        for (const auto member : {slot.weight, slot.bias}) {
            if (member != nullptr && (weights.*member).defined()) change(weights.*member);
        }
    }
}

}  // namespace

at::Tensor& weightSlot(DecoderWeights& weights, const TensorSpec& spec) {
    if (spec.block < 0) return slotIn(kOuterSlots, weights, spec);
    return slotIn(kBlockSlots, weights.blocks.at(static_cast<std::size_t>(spec.block)), spec);
}

void forEachTensor(DecoderWeights& weights, const std::function<void(at::Tensor&)>& change) {
    const bool tied = weights.head.is_same(weights.embedding);
    if (tied) weights.head.reset();
    changeAll(kOuterSlots, weights, change);
    for (BlockWeights& block : weights.blocks) changeAll(kBlockSlots, block, change);
    if (tied) weights.head = weights.embedding;
}

}  // namespace gridscope
