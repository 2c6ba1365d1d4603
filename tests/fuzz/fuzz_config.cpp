// SPDX-License-Identifier: GPL-3.0-or-later

// config.json: what is accepted describes a model within the limits of formats.md, section 6.

#include <cmath>

#include "core/model/model_config.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

namespace {

void checkRanges(const ModelConfig& config) {
    const auto within = [](std::int64_t value, std::int64_t least, std::int64_t most) {
        return value >= least && value <= most;
    };
    require(within(config.layers, 1, 1024), "layers");
    require(within(config.hidden, 1, 65'536), "hidden size");
    require(within(config.heads, 1, 1024), "heads");
    require(within(config.intermediate, 1, 1'048'576), "intermediate size");
    require(within(config.vocabularyRows, 1, 4'194'304), "vocabulary");
    require(within(config.keyValueHeads, 1, config.heads), "key-value heads");
    require(config.heads % config.keyValueHeads == 0, "query heads share evenly");
    require(config.headDimension >= 1, "head dimension");
    require(config.maxPositions >= 1, "positions");
    require(std::isfinite(config.normEpsilon) && config.normEpsilon > 0, "epsilon");
}

void checkRope(const ModelConfig& config) {
    const RopeSettings& rope = config.rope;
    require(rope.rotaryDimensions >= 0 && rope.rotaryDimensions <= config.headDimension,
            "rotary channels fit the head");
    for (const double value :
         {rope.theta, rope.factor, rope.lowFrequencyFactor, rope.highFrequencyFactor, rope.betaFast,
          rope.betaSlow, rope.attentionFactor, rope.originalPositions})
        require(std::isfinite(value), "rotary settings are finite");
    require(config.rotateLayer.empty() ||
                config.rotateLayer.size() == static_cast<std::size_t>(config.layers),
            "one rotation flag a layer");
}

void checkTensors(const ModelConfig& config) {
    const auto specs = expectedTensors(config);
    require(specs.size() >= static_cast<std::size_t>(config.layers), "tensors of every block");
    for (const TensorSpec& spec : specs) {
        require(!spec.name.empty() && !spec.shape.empty() && spec.shape.size() <= 2, "tensor");
        for (const std::int64_t extent : spec.shape) require(extent >= 1, "tensor extent");
        require(spec.block >= -1 && spec.block < config.layers, "block of a tensor");
    }
}

}  // namespace

Outcome fuzzConfig(std::string_view bytes) {
    const auto config = parseModelConfig(bytes, "config.json");
    if (!config) return refused(config.error(), "config.json");
    checkRanges(*config);
    checkRope(*config);
    checkTensors(*config);
    const std::string hash = configHash(*config);
    require(hash.size() == 64, "the hash is a SHA-256");
    return {true, hash + config->storageDtype + "\n" + config->weightsFile};
}

}  // namespace gridscope::fuzz
