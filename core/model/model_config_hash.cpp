// SPDX-License-Identifier: GPL-3.0-or-later

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/sha256.h"
#include "core/model/architecture.h"

namespace gridscope {

namespace {

constexpr std::array<const char*, 6> kActivationNames{"gelu",       "gelu_new", "gelu_fast",
                                                      "quick_gelu", "silu",     "relu"};
constexpr std::array<const char*, 3> kNormNames{"layer_norm", "layer_norm_plain", "rms"};
constexpr std::array<const char*, 5> kRopeNames{"default", "linear", "dynamic", "llama3", "yarn"};

template <class Enum, std::size_t Count>
const char* nameIn(const std::array<const char*, Count>& names, Enum value) {
    return names[static_cast<std::size_t>(value)];
}

/// Only the parameters that the rotary type uses, in the keys of a configuration file.
nlohmann::json ropeScaling(const RopeSettings& rope) {
    nlohmann::json scaling;
    scaling["rope_type"] = nameIn(kRopeNames, rope.type);
    if (rope.type == RopeType::Default) return scaling;
    scaling["factor"] = rope.factor;
    if (rope.type == RopeType::Llama3) {
        scaling["low_freq_factor"] = rope.lowFrequencyFactor;
        scaling["high_freq_factor"] = rope.highFrequencyFactor;
    }
    if (rope.type == RopeType::Yarn) {
        scaling["beta_fast"] = rope.betaFast;
        scaling["beta_slow"] = rope.betaSlow;
        scaling["attention_factor"] = rope.attentionFactor;
        scaling["truncate"] = rope.truncate;
    }
    if (rope.type == RopeType::Llama3 || rope.type == RopeType::Yarn)
        scaling["original_max_position_embeddings"] = rope.originalPositions;
    return scaling;
}

/// The share that truncates back to the given number of channels.
double rotaryShare(const ModelConfig& config) {
    const double heads = static_cast<double>(config.headDimension);
    const double channels = static_cast<double>(config.rope.rotaryDimensions);
    double share = channels / heads;
    while (heads * share < channels) share = std::nextafter(share, 2.0);
    return share;
}

}  // namespace

std::string configHash(const ModelConfig& config) {
    // nlohmann::json sorts its keys, so the text is canonical.
    nlohmann::json values;
    values["architecture"] = architectureTraits(config.architecture).modelType;
    values["vocabulary_rows"] = config.vocabularyRows;
    values["hidden"] = config.hidden;
    values["layers"] = config.layers;
    values["heads"] = config.heads;
    values["key_value_heads"] = config.keyValueHeads;
    values["head_dimension"] = config.headDimension;
    values["intermediate"] = config.intermediate;
    values["activation"] = nameIn(kActivationNames, config.activation);
    values["norm"] = nameIn(kNormNames, config.norm);
    values["norm_epsilon"] = config.normEpsilon;
    values["parallel_residual"] = config.parallelResidual;
    values["attention_bias"] = config.attentionBias;
    values["attention_output_bias"] = config.attentionOutputBias;
    values["mlp_bias"] = config.mlpBias;
    values["tied_embeddings"] = config.tiedEmbeddings;
    values["scale_attention"] = config.scaleAttention;
    values["scale_by_inverse_layer"] = config.scaleByInverseLayer;
    if (config.clipQkv) values["clip_qkv"] = *config.clipQkv;
    if (config.rope.rotaryDimensions > 0) {
        values["rope"] = ropeScaling(config.rope);
        values["rope"]["theta"] = config.rope.theta;
        values["rope"]["dimensions"] = config.rope.rotaryDimensions;
    }
    if (!config.rotateLayer.empty()) values["rotate_layer"] = config.rotateLayer;
    // The context length is part of the function only as a table or a switch-over point.
    const bool positionsMatter =
        config.architecture == Architecture::Gpt2 || config.rope.type == RopeType::Dynamic;
    if (positionsMatter) values["max_positions"] = config.maxPositions;
    if (config.slidingWindow) values["sliding_window"] = *config.slidingWindow;
    return sha256Hex(values.dump());
}

std::string writeGptNeoxConfig(const ModelConfig& config) {
    nlohmann::ordered_json json;
    json["architectures"] = {"GPTNeoXForCausalLM"};
    json["model_type"] = "gpt_neox";
    json["vocab_size"] = config.vocabularyRows;
    json["hidden_size"] = config.hidden;
    json["num_hidden_layers"] = config.layers;
    json["num_attention_heads"] = config.heads;
    json["intermediate_size"] = config.intermediate;
    json["max_position_embeddings"] = config.maxPositions;
    json["hidden_act"] = nameIn(kActivationNames, config.activation);
    json["layer_norm_eps"] = config.normEpsilon;
    json["use_parallel_residual"] = config.parallelResidual;
    json["attention_bias"] = config.attentionBias;
    json["rotary_emb_base"] = config.rope.theta;
    json["rotary_pct"] = rotaryShare(config);
    if (config.rope.type != RopeType::Default) json["rope_scaling"] = ropeScaling(config.rope);
    json["tie_word_embeddings"] = config.tiedEmbeddings;
    json["bos_token_id"] = 0;
    json["eos_token_id"] = 0;
    json["initializer_range"] = 0.02;
    json["torch_dtype"] = config.storageDtype.empty() ? "float32" : config.storageDtype;
    json["use_cache"] = true;
    return json.dump(2) + "\n";
}

}  // namespace gridscope
