// SPDX-License-Identifier: GPL-3.0-or-later

// Names, shapes and initial values of the GPT-NeoX parameters, and their places in a flat buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/model/model_config.h"

namespace gridscope {

struct FlatParameter {
    std::string name;                 ///< formats.md, 7.3
    std::vector<std::int64_t> shape;  ///< as in checkpoint files
    std::int64_t offset = 0;          ///< in elements, a multiple of 16 (64 bytes)
    std::int64_t size = 0;            ///< elements
    double initialDeviation = 0.0;    ///< standard deviation of a random start; 0 = constant
    float initialValue = 0.0F;        ///< of a constant start
};

/// Parameters with weight decay come first, so that one update is two contiguous sweeps. The gaps
/// between parameters hold zeros and stay zero: their gradients are zero.
struct FlatLayout {
    std::vector<FlatParameter> parameters;
    std::int64_t decayedSize = 0;  ///< elements of the part that decays, gaps included
    std::int64_t totalSize = 0;    ///< elements in all, gaps included
};

/// Matrices and embeddings decay, biases and norms do not. The tied head has no parameter.
/// Initial values: small_init, deviation sqrt(2 / (5 hidden)), for embeddings, head and the
/// matrices that read the residual stream (Nguyen and Salazar, 2019); wang_init, deviation
/// 2 / (layers sqrt(hidden)), for attention.dense and mlp.dense_4h_to_h, which write to it (Wang
/// and Komatsuzaki, GPT-J, 2021), as GPT-NeoX trains Pythia; biases 0, norm weights 1.
FlatLayout gptNeoxLayout(const ModelConfig& config);

/// Draws the initial values. Depends on the seed, the order of parameters and the element alone.
void initialiseParameters(const FlatLayout& layout, std::uint64_t seed, std::span<float> flat);

}  // namespace gridscope
