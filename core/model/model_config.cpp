// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/model_config.h"

#include <algorithm>
#include <array>

#include "core/model/model_config_reader_impl.h"
#include "core/model/strict_json_impl.h"

namespace gridscope {

namespace {

using Switch = ArchitectureTraits::Switch;

constexpr std::size_t kLargestBytes = std::size_t{1} << 20;
constexpr std::size_t kDeepest = 64;
constexpr IntegerRange kVocabularyRange{1, 4'194'304};
constexpr IntegerRange kHiddenRange{1, 65'536};
constexpr IntegerRange kLayerRange{1, 1024};
constexpr IntegerRange kHeadRange{1, 1024};
constexpr IntegerRange kIntermediateRange{1, 1'048'576};
constexpr IntegerRange kPositionRange{1, 1'000'000'000};

struct ActivationName {
    std::string_view text;
    Activation activation;
};

constexpr std::array<ActivationName, 9> kActivations{{{"gelu", Activation::GeluExact},
                                                      {"gelu_python", Activation::GeluExact},
                                                      {"gelu_new", Activation::GeluTanh},
                                                      {"gelu_pytorch_tanh", Activation::GeluTanh},
                                                      {"gelu_fast", Activation::GeluFast},
                                                      {"quick_gelu", Activation::QuickGelu},
                                                      {"silu", Activation::Silu},
                                                      {"swish", Activation::Silu},
                                                      {"relu", Activation::Relu}}};

/// A key whose presence with any value but null, false and 0 makes another kind of model.
struct RefusedKey {
    std::string_view key;
    std::string_view reason;
};

constexpr std::array<RefusedKey, 15> kRefusedKeys{
    {{"quantization_config", "the stored weights are already quantized"},
     {"is_encoder_decoder", "encoder-decoder models are not supported"},
     {"add_cross_attention", "cross attention is not supported"},
     {"num_experts", "mixtures of experts are not supported"},
     {"num_local_experts", "mixtures of experts are not supported"},
     {"n_routed_experts", "mixtures of experts are not supported"},
     {"num_experts_per_tok", "mixtures of experts are not supported"},
     {"moe_intermediate_size", "mixtures of experts are not supported"},
     {"moe_num_experts", "mixtures of experts are not supported"},
     {"attn_logit_softcapping", "soft-capped logits are not supported"},
     {"final_logit_softcapping", "soft-capped logits are not supported"},
     {"logits_soft_cap", "soft-capped logits are not supported"},
     {"alibi", "ALiBi positions are not supported"},
     {"use_alibi", "ALiBi positions are not supported"},
     {"alibi_bias_max", "ALiBi positions are not supported"}}};

bool isOff(const nlohmann::json& value) {
    return (value.is_boolean() && !value.get<bool>()) || (value.is_number() && value == 0);
}

Expected<void> refuseForeignKeys(const ConfigReader& reader) {
    for (const RefusedKey& refused : kRefusedKeys) {
        const nlohmann::json* value = reader.find(refused.key);
        if (value != nullptr && !isOff(*value))
            return reader.error(ErrorCode::ConfigUnsupported, refused.key,
                                std::string(refused.reason));
    }
    return {};
}

Expected<const ArchitectureTraits*> readArchitecture(const ConfigReader& reader) {
    GRIDSCOPE_TRY_ASSIGN(modelType, reader.text("model_type"));
    if (!modelType)
        return reader.error(ErrorCode::ConfigKey, "model_type", "the key is required and missing");
    const ArchitectureTraits* traits = findArchitecture(*modelType);
    if (traits == nullptr) {
        Error error =
            reader.error(ErrorCode::ConfigUnsupported, "model_type",
                         "models of type " + escapeForDisplay(*modelType) + " are not supported");
        error.hint = "Supported are " + supportedModelTypes();
        return error;
    }
    return traits;
}

Expected<void> readPositions(const ConfigReader& reader, const ArchitectureTraits& traits,
                             ModelConfig& config) {
    if (traits.architecture == Architecture::Gpt2) {
        GRIDSCOPE_TRY_ASSIGN(
            positions,
            reader.requiredInteger({"n_positions", "max_position_embeddings"}, kPositionRange));
        config.maxPositions = positions;
        return {};
    }
    GRIDSCOPE_TRY_ASSIGN(positions, reader.integer("max_position_embeddings", kPositionRange));
    config.maxPositions = positions.value_or(traits.maxPositions);
    return {};
}

Expected<void> readSizes(const ConfigReader& reader, const ArchitectureTraits& traits,
                         ModelConfig& config) {
    GRIDSCOPE_TRY_ASSIGN(vocabulary, reader.requiredInteger({"vocab_size"}, kVocabularyRange));
    config.vocabularyRows = vocabulary;
    if (traits.architecture == Architecture::Gpt2) {
        GRIDSCOPE_TRY_ASSIGN(hidden,
                             reader.requiredInteger({"n_embd", "hidden_size"}, kHiddenRange));
        GRIDSCOPE_TRY_ASSIGN(layers,
                             reader.requiredInteger({"n_layer", "num_hidden_layers"}, kLayerRange));
        GRIDSCOPE_TRY_ASSIGN(heads,
                             reader.requiredInteger({"n_head", "num_attention_heads"}, kHeadRange));
        GRIDSCOPE_TRY_ASSIGN(inner, reader.integer("n_inner", kIntermediateRange));
        GRIDSCOPE_TRY_ASSIGN(other, reader.integer("intermediate_size", kIntermediateRange));
        config.hidden = hidden;
        config.layers = layers;
        config.heads = heads;
        config.intermediate = inner ? *inner : other.value_or(4 * hidden);
    } else {
        GRIDSCOPE_TRY_ASSIGN(hidden, reader.requiredInteger({"hidden_size"}, kHiddenRange));
        GRIDSCOPE_TRY_ASSIGN(layers, reader.requiredInteger({"num_hidden_layers"}, kLayerRange));
        GRIDSCOPE_TRY_ASSIGN(heads, reader.requiredInteger({"num_attention_heads"}, kHeadRange));
        GRIDSCOPE_TRY_ASSIGN(inner,
                             reader.requiredInteger({"intermediate_size"}, kIntermediateRange));
        config.hidden = hidden;
        config.layers = layers;
        config.heads = heads;
        config.intermediate = inner;
    }
    return readPositions(reader, traits, config);
}

Expected<void> readHeads(const ConfigReader& reader, const ArchitectureTraits& traits,
                         ModelConfig& config) {
    GRIDSCOPE_TRY_ASSIGN(given, reader.integer("head_dim", kHiddenRange));
    if (given) {
        config.headDimension = *given;
    } else if (traits.headDimension > 0) {
        config.headDimension = traits.headDimension;
    } else {
        if (config.hidden % config.heads != 0)
            return reader.error(ErrorCode::ConfigRange, "num_attention_heads",
                                "hidden size " + std::to_string(config.hidden) +
                                    " is not a multiple of " + std::to_string(config.heads) +
                                    " heads");
        config.headDimension = config.hidden / config.heads;
    }
    if (traits.headDimension < 0 && config.headDimension * config.heads != config.hidden)
        return reader.error(ErrorCode::ConfigUnsupported, "head_dim",
                            "heads x head_dim must be the hidden size " +
                                std::to_string(config.hidden) + " for this kind of model");
    config.keyValueHeads = config.heads;
    if (traits.keyValueHeads < 0) return {};
    constexpr std::string_view kKey = "num_key_value_heads";
    GRIDSCOPE_TRY_ASSIGN(keyValue, reader.integer(kKey, kHeadRange));
    if (keyValue)
        config.keyValueHeads = *keyValue;
    else if (!reader.isExplicitNull(kKey) && traits.keyValueHeads > 0)
        config.keyValueHeads = traits.keyValueHeads;
    if (config.heads % config.keyValueHeads != 0)
        return reader.error(ErrorCode::ConfigRange, kKey,
                            std::to_string(config.heads) + " heads do not divide into groups for " +
                                std::to_string(config.keyValueHeads) + " key-value heads");
    return {};
}

Expected<bool> readSwitch(const ConfigReader& reader, std::string_view key, Switch rule) {
    if (rule == Switch::Always) return true;
    if (rule == Switch::Never) return false;
    return reader.flag(key, rule == Switch::KeyTrue);
}

Expected<void> readActivation(const ConfigReader& reader, const ArchitectureTraits& traits,
                              ModelConfig& config) {
    GRIDSCOPE_TRY_ASSIGN(given, reader.text(traits.activationKey));
    const std::string name = given.value_or(std::string(traits.activation));
    for (const ActivationName& known : kActivations) {
        if (known.text != name) continue;
        config.activation = known.activation;
        return {};
    }
    return reader.error(ErrorCode::ConfigUnsupported, traits.activationKey,
                        "the activation " + escapeForDisplay(name) + " is not supported");
}

Expected<void> readSwitches(const ConfigReader& reader, const ArchitectureTraits& traits,
                            ModelConfig& config) {
    GRIDSCOPE_TRY(readActivation(reader, traits, config));
    config.norm = traits.norm;
    config.normEpsilon = traits.epsilon;
    if (!traits.epsilonKey.empty()) {
        GRIDSCOPE_TRY_ASSIGN(epsilon, reader.positive(traits.epsilonKey));
        config.normEpsilon = epsilon.value_or(traits.epsilon);
    }
    GRIDSCOPE_TRY_ASSIGN(bias, readSwitch(reader, "attention_bias", traits.attentionBias));
    GRIDSCOPE_TRY_ASSIGN(outBias, readSwitch(reader, "attention_bias", traits.attentionOutputBias));
    GRIDSCOPE_TRY_ASSIGN(mlpBias, readSwitch(reader, "mlp_bias", traits.mlpBias));
    GRIDSCOPE_TRY_ASSIGN(tied, reader.flag("tie_word_embeddings", traits.tied));
    config.attentionBias = bias;
    config.attentionOutputBias = outBias;
    config.mlpBias = mlpBias;
    config.tiedEmbeddings = tied;
    config.parallelResidual = false;
    if (traits.architecture == Architecture::GptNeox) {
        GRIDSCOPE_TRY_ASSIGN(parallel, reader.flag("use_parallel_residual", true));
        config.parallelResidual = parallel;
    }
    if (traits.architecture == Architecture::Gpt2) {
        GRIDSCOPE_TRY_ASSIGN(scale, reader.flag("scale_attn_weights", true));
        GRIDSCOPE_TRY_ASSIGN(inverse, reader.flag("scale_attn_by_inverse_layer_idx", false));
        config.scaleAttention = scale;
        config.scaleByInverseLayer = inverse;
    }
    if (traits.architecture == Architecture::Olmo) {
        GRIDSCOPE_TRY_ASSIGN(clip, reader.positive("clip_qkv"));
        config.clipQkv = clip;
    }
    return {};
}

/// Which layers a list of layer types makes slide. Errors: other types, another length.
Expected<std::vector<bool>> readLayerTypes(const ConfigReader& reader, const nlohmann::json& types,
                                           std::int64_t layers) {
    if (!types.is_array() || types.size() != static_cast<std::size_t>(layers))
        return reader.error(ErrorCode::ConfigKey, "layer_types",
                            "expected a list of " + std::to_string(layers) + " names");
    std::vector<bool> slides;
    for (const nlohmann::json& type : types) {
        if (type != "sliding_attention" && type != "full_attention")
            return reader.error(
                ErrorCode::ConfigUnsupported, "layer_types",
                "layers of type " + escapeForDisplay(type.dump(), 60) + " are not supported");
        slides.push_back(type == "sliding_attention");
    }
    return slides;
}

/// The layers that slide when no list says so: qwen2 and qwen3 from max_window_layers on, smollm3
/// those that do not rotate.
Expected<std::vector<bool>> slidingByDefault(const ConfigReader& reader,
                                             const ModelConfig& config) {
    GRIDSCOPE_TRY_ASSIGN(first, reader.integer("max_window_layers", {0, kLayerRange.most}));
    std::vector<bool> slides;
    for (std::int64_t i = 0; i < config.layers; ++i)
        slides.push_back(config.architecture == Architecture::SmolLm3 ? !config.rotates(i)
                                                                      : i >= first.value_or(28));
    return slides;
}

/// Keeps the window of layers that see less than the whole context.
Expected<void> readSlidingWindow(const ConfigReader& reader, const ArchitectureTraits& traits,
                                 ModelConfig& config) {
    constexpr std::string_view kKey = "sliding_window";
    std::vector<bool> slides;
    if (const nlohmann::json* types = reader.find("layer_types")) {
        GRIDSCOPE_TRY_ASSIGN(listed, readLayerTypes(reader, *types, config.layers));
        slides = std::move(listed);
    } else if (traits.slidingWindow >= 0) {
        GRIDSCOPE_TRY_ASSIGN(used, reader.flag("use_sliding_window", false));
        if (!used || reader.isExplicitNull(kKey)) return {};
        GRIDSCOPE_TRY_ASSIGN(usual, slidingByDefault(reader, config));
        slides = std::move(usual);
    }
    if (std::find(slides.begin(), slides.end(), true) == slides.end()) return {};
    GRIDSCOPE_TRY_ASSIGN(window, reader.integer(kKey, kPositionRange));
    if (!window && traits.slidingWindow <= 0)
        return reader.error(ErrorCode::ConfigUnsupported, kKey,
                            "layers slide, but the key that gives their window is missing");
    config.slidingWindow = window.value_or(traits.slidingWindow);
    return {};
}

/// smollm3: which layers rotate; stays empty when all do.
Expected<void> readRotatingLayers(const ConfigReader& reader, ModelConfig& config) {
    constexpr std::string_view kKey = "no_rope_layers";
    std::vector<bool> rotates;
    if (const nlohmann::json* list = reader.find(kKey)) {
        if (!list->is_array() || list->size() != static_cast<std::size_t>(config.layers))
            return reader.error(ErrorCode::ConfigKey, kKey,
                                "expected a list of " + std::to_string(config.layers) + " numbers");
        for (const nlohmann::json& item : *list) {
            if (item != 0 && item != 1)
                return reader.error(ErrorCode::ConfigRange, kKey, "expected only 0 and 1");
            rotates.push_back(item == 1);
        }
    } else {
        GRIDSCOPE_TRY_ASSIGN(interval, reader.integer("no_rope_layer_interval", kLayerRange));
        for (std::int64_t i = 0; i < config.layers; ++i)
            rotates.push_back((i + 1) % interval.value_or(4) != 0);
    }
    if (std::find(rotates.begin(), rotates.end(), false) != rotates.end())
        config.rotateLayer = std::move(rotates);
    return {};
}

Expected<void> readNotes(const ConfigReader& reader, std::string_view where, ModelConfig& config) {
    for (const char* key : {"dtype", "torch_dtype"}) {
        const nlohmann::json* dtype = reader.find(key);
        if (dtype != nullptr && dtype->is_string()) config.storageDtype = dtype->get<std::string>();
    }
    GRIDSCOPE_TRY_ASSIGN(weights, reader.text("transformers_weights"));
    config.weightsFile = weights.value_or(std::string());
    if (reader.find("auto_map") != nullptr)
        config.warnings.push_back({ErrorCode::ConfigUnsupported, std::string(where) + ", auto_map",
                                   "the model's own code is never run; it is read as a plain " +
                                       config.modelType + " model"});
    return {};
}

Expected<ModelConfig> resolve(const nlohmann::json& document, std::string_view where) {
    const ConfigReader reader(document, std::string(where));
    GRIDSCOPE_TRY_ASSIGN(traits, readArchitecture(reader));
    GRIDSCOPE_TRY(refuseForeignKeys(reader));
    ModelConfig config;
    config.architecture = traits->architecture;
    config.modelType = std::string(traits->modelType);
    GRIDSCOPE_TRY(readSizes(reader, *traits, config));
    GRIDSCOPE_TRY(readHeads(reader, *traits, config));
    GRIDSCOPE_TRY(readSwitches(reader, *traits, config));
    if (traits->architecture == Architecture::SmolLm3)
        GRIDSCOPE_TRY(readRotatingLayers(reader, config));
    GRIDSCOPE_TRY(readSlidingWindow(reader, *traits, config));
    GRIDSCOPE_TRY_ASSIGN(rope, readRopeSettings(reader, *traits, config));
    config.rope = rope;
    GRIDSCOPE_TRY(readNotes(reader, where, config));
    return config;
}

}  // namespace

Expected<void> checkSequenceLength(const ModelConfig& config, std::uint64_t length) {
    const auto refuse = [&](std::string_view key, std::int64_t most, const std::string& what) {
        return Error{ErrorCode::ConfigUnsupported, std::string(key),
                     what + ", found " + std::to_string(length),
                     "Use --length " + std::to_string(most) + " or less"};
    };
    const bool learned = architectureTraits(config.architecture).thetaKey.empty();
    if (learned && length > static_cast<std::uint64_t>(config.maxPositions))
        return refuse("n_positions", config.maxPositions,
                      "the model has learned " + std::to_string(config.maxPositions) +
                          " positions; expected windows of at most as many tokens");
    if (config.slidingWindow && length > static_cast<std::uint64_t>(*config.slidingWindow))
        return refuse("sliding_window", *config.slidingWindow,
                      "attention through a sliding window is not supported; expected windows of "
                      "at most its " +
                          std::to_string(*config.slidingWindow) + " tokens");
    return {};
}

Expected<ModelConfig> parseModelConfig(std::string_view json, std::string_view where) {
    if (json.size() > kLargestBytes)
        return Error{ErrorCode::ConfigTooLarge,
                     std::string(where),
                     "expected at most 1048576 bytes, found " + std::to_string(json.size()),
                     {}};
    GRIDSCOPE_TRY_ASSIGN(document, parseStrictJson(json, where, kDeepest));
    if (!document.is_object())
        return Error{
            ErrorCode::ConfigJson, std::string(where), "the document is not an object", {}};
    try {
        return resolve(document, where);
    } catch (const nlohmann::json::exception& error) {
        return Error{ErrorCode::ConfigJson, std::string(where), error.what(), {}};
    }
}

}  // namespace gridscope
