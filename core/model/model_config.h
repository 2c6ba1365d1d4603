// SPDX-License-Identifier: GPL-3.0-or-later

// config.json of a checkpoint, resolved to the switches of the one decoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

enum class Architecture { GptNeox, Gpt2, Llama, Olmo, Olmo2, Qwen2, Qwen3, SmolLm3 };
enum class Activation { GeluExact, GeluTanh, GeluFast, QuickGelu, Silu, Relu };
enum class NormKind { LayerNorm, LayerNormPlain, Rms };
enum class RopeType { Default, Linear, Dynamic, Llama3, Yarn };

/// Rotary settings after the precedence rules of formats.md 6.2.
struct RopeSettings {
    RopeType type = RopeType::Default;
    double theta = 10000.0;
    /// int(headDimension * share), the divisor of the exponents; an odd number rotates one channel
    /// more; 0 = no rotary embedding.
    std::int64_t rotaryDimensions = 0;
    double factor = 1.0;
    double lowFrequencyFactor = 1.0, highFrequencyFactor = 4.0;  ///< llama3
    double originalPositions = 0.0;                              ///< llama3, yarn
    double betaFast = 32.0, betaSlow = 1.0;                      ///< yarn
    double attentionFactor = 1.0;                                ///< yarn, on cos and sin
    bool truncate = true;                                        ///< yarn
    bool operator==(const RopeSettings&) const = default;
};

struct ModelConfig {
    Architecture architecture = Architecture::GptNeox;
    std::string modelType;  ///< as written in config.json
    std::int64_t vocabularyRows = 0;
    std::int64_t hidden = 0;
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t keyValueHeads = 0;
    std::int64_t headDimension = 0;
    std::int64_t intermediate = 0;
    std::int64_t maxPositions = 0;
    Activation activation = Activation::GeluExact;
    NormKind norm = NormKind::LayerNorm;
    double normEpsilon = 1e-5;
    bool parallelResidual = true;
    bool attentionBias = true;  ///< q, k, v (fused or not)
    bool attentionOutputBias = true;
    bool mlpBias = true;
    bool tiedEmbeddings = false;
    bool scaleAttention = true;        ///< gpt2: multiply by headDimension^-0.5
    bool scaleByInverseLayer = false;  ///< gpt2
    std::optional<double> clipQkv;     ///< olmo
    RopeSettings rope;
    std::vector<bool> rotateLayer;  ///< smollm3; empty = every layer
    /// Positions that the sliding layers see, themselves included; nothing = all layers see all.
    std::optional<std::int64_t> slidingWindow;
    std::string storageDtype;  ///< torch_dtype/dtype: shown, never used
    std::string weightsFile;   ///< transformers_weights: the container the writer named
    std::vector<Warning> warnings;

    bool rotates(std::int64_t layer) const {
        return rotateLayer.empty() || rotateLayer[static_cast<std::size_t>(layer)];
    }
};

/// Reads a config.json. Errors: config.* naming the key (formats.md, 6), json.depth.
Expected<ModelConfig> parseModelConfig(std::string_view json, std::string_view where);

/// Refuses sequences that the decoder cannot run as the model means them: longer than the table of
/// learned positions, or than a sliding window. Errors: config.unsupported (formats.md 6.3).
Expected<void> checkSequenceLength(const ModelConfig& config, std::uint64_t length);

/// SHA-256 over the resolved values that change the function (formats.md 6.1): groups checkpoints.
std::string configHash(const ModelConfig& config);

/// The config.json of a gpt_neox model as the trainer writes it.
std::string writeGptNeoxConfig(const ModelConfig& config);

enum class TensorRole { Embedding, Position, Norm, Bias, BlockMatrix, Head };

/// A tensor that a model of this configuration has.
struct TensorSpec {
    std::string name;                 ///< in the file
    std::vector<std::int64_t> shape;  ///< in the file
    TensorRole role = TensorRole::BlockMatrix;
    int block = -1;           ///< transformer block, -1 outside
    std::string kind;         ///< "attn.qkv", "attn.out", "mlp.up", "mlp.down", "attn.q", ...
    bool transposed = false;  ///< stored [in, out] (gpt2 Conv1D)
    bool optional = false;    ///< tied head: may be absent
};

/// Every tensor of the model, in network order. Of names with a variant (otherTensorName) the
/// first one.
std::vector<TensorSpec> expectedTensors(const ModelConfig& config);

/// The other name under which files may carry the tensor `name` of expectedTensors: the head of
/// gpt_neox as lm_head.weight, gpt2 without the prefix "transformer."; empty if there is none.
std::string otherTensorName(Architecture architecture, std::string_view name);

/// True for the buffers that old files carry beside weights (formats.md 7.3), by whole name.
bool isIgnoredBuffer(Architecture architecture, std::string_view tensorName);

}  // namespace gridscope
