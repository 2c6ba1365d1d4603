// SPDX-License-Identifier: GPL-3.0-or-later

// What tells the kinds of models apart: one row of a table per architecture.
//
// Adding one: an enumerator of Architecture, a row in architecture.cpp, and a folder of reference
// logits for tst_core_architectures. That is all where the new kind is made of the parts below;
// resources/docs/adding-an-architecture.md says what to do where it is not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/model_config.h"

namespace gridscope {

enum class TensorNames { GptNeox, Gpt2, Llama };  ///< naming schemes of formats.md 7.3
enum class Projections { FusedByHead, FusedByPart, Separate };  ///< how q, k and v are stored
enum class NormPlacement { BeforePart, AfterPart };  ///< around attention and MLP, or behind them
enum class QueryKeyNorm { None, WholeProjection, PerHead };

/// Defaults are those of the llama kind; a row states what is different (formats.md 6.1, 7.2).
struct ArchitectureTraits {
    /// A key of the configuration with its default, or fixed.
    enum class Switch { KeyFalse, KeyTrue, Always, Never };

    std::string_view modelType;  ///< as config.json has it
    Architecture architecture = Architecture::Llama;

    // The network.
    TensorNames names = TensorNames::Llama;
    Projections projections = Projections::Separate;
    NormKind norm = NormKind::Rms;
    NormPlacement normPlacement = NormPlacement::BeforePart;
    QueryKeyNorm queryKeyNorm = QueryKeyNorm::None;

    // Its configuration file.
    std::string_view epsilonKey = "rms_norm_eps";  ///< empty = fixed
    double epsilon = 1e-6;
    std::string_view activationKey = "hidden_act";
    std::string_view activation = "silu";
    Switch attentionBias = Switch::KeyFalse;        ///< of q, k and v
    Switch attentionOutputBias = Switch::KeyFalse;  ///< of the output projection
    Switch mlpBias = Switch::Never;
    bool tied = false;
    std::int64_t maxPositions = 2048;
    std::int64_t keyValueHeads = 0;  ///< 0 = as many as heads; -1 = the key does not exist
    std::int64_t headDimension = 0;  ///< 0 = hidden / heads; -1 = nothing else is possible
    std::string_view thetaKey = "rope_theta";  ///< empty = no rotary embedding
    double theta = 10000.0;
    std::string_view shareKey = {};  ///< of the rotated channels; empty = all
    double share = 1.0;
    std::int64_t slidingWindow = -1;  ///< default of the key; 0 = none; -1 = no sliding layers
};

/// The traits of a model_type, or nullptr.
const ArchitectureTraits* findArchitecture(std::string_view modelType);

const ArchitectureTraits& architectureTraits(Architecture architecture);

/// Every model_type that is read: "gpt_neox, gpt2, ...", for help texts and hints.
std::string supportedModelTypes();

}  // namespace gridscope
