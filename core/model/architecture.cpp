// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/architecture.h"

#include <array>

namespace gridscope {

namespace {

using Switch = ArchitectureTraits::Switch;

// In the order of the enumerators, which stand for the rows.
constexpr std::array<ArchitectureTraits, 8> kArchitectures{{
    {.modelType = "gpt_neox",
     .architecture = Architecture::GptNeox,
     .names = TensorNames::GptNeox,
     .projections = Projections::FusedByHead,
     .norm = NormKind::LayerNorm,
     .epsilonKey = "layer_norm_eps",
     .epsilon = 1e-5,
     .activation = "gelu",
     .attentionBias = Switch::KeyTrue,
     .attentionOutputBias = Switch::KeyTrue,
     .mlpBias = Switch::Always,
     .keyValueHeads = -1,
     .headDimension = -1,
     .thetaKey = "rotary_emb_base",
     .shareKey = "rotary_pct",
     .share = 0.25},
    {.modelType = "gpt2",
     .architecture = Architecture::Gpt2,
     .names = TensorNames::Gpt2,
     .projections = Projections::FusedByPart,
     .norm = NormKind::LayerNorm,
     .epsilonKey = "layer_norm_epsilon",
     .epsilon = 1e-5,
     .activationKey = "activation_function",
     .activation = "gelu_new",
     .attentionBias = Switch::Always,
     .attentionOutputBias = Switch::Always,
     .mlpBias = Switch::Always,
     .tied = true,
     .maxPositions = 1024,
     .keyValueHeads = -1,
     .headDimension = -1,
     .thetaKey = ""},
    {.modelType = "llama", .architecture = Architecture::Llama, .mlpBias = Switch::KeyFalse},
    {.modelType = "olmo",
     .architecture = Architecture::Olmo,
     .norm = NormKind::LayerNormPlain,
     .epsilonKey = "",
     .epsilon = 1e-5},
    {.modelType = "olmo2",
     .architecture = Architecture::Olmo2,
     .normPlacement = NormPlacement::AfterPart,
     .queryKeyNorm = QueryKeyNorm::WholeProjection,
     .epsilon = 1e-5},
    {.modelType = "qwen2",
     .architecture = Architecture::Qwen2,
     .attentionBias = Switch::Always,
     .attentionOutputBias = Switch::Never,
     .maxPositions = 32768,
     .keyValueHeads = 32,
     .slidingWindow = 4096},
    {.modelType = "qwen3",
     .architecture = Architecture::Qwen3,
     .queryKeyNorm = QueryKeyNorm::PerHead,
     .maxPositions = 32768,
     .keyValueHeads = 32,
     .headDimension = 128,
     .slidingWindow = 4096},
    {.modelType = "smollm3",
     .architecture = Architecture::SmolLm3,
     .mlpBias = Switch::KeyFalse,
     .tied = true,
     .maxPositions = 32768,
     .keyValueHeads = 4,
     .theta = 2'000'000.0,
     .slidingWindow = 0},
}};

constexpr bool isInOrder() {
    for (std::size_t i = 0; i < kArchitectures.size(); ++i) {
        if (static_cast<std::size_t>(kArchitectures[i].architecture) != i) return false;
    }
    return true;
}
static_assert(isInOrder());

}  // namespace

const ArchitectureTraits* findArchitecture(std::string_view modelType) {
    for (const ArchitectureTraits& traits : kArchitectures) {
        if (traits.modelType == modelType) return &traits;
    }
    return nullptr;
}

const ArchitectureTraits& architectureTraits(Architecture architecture) {
    return kArchitectures[static_cast<std::size_t>(architecture)];
}

std::string supportedModelTypes() {
    std::string text;
    for (const ArchitectureTraits& traits : kArchitectures)
        text += (text.empty() ? "" : ", ") + std::string(traits.modelType);
    return text;
}

}  // namespace gridscope
