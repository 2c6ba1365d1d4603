// SPDX-License-Identifier: GPL-3.0-or-later

#include <array>
#include <cmath>

#include "core/model/model_config_reader_impl.h"

namespace gridscope {

namespace {

constexpr std::string_view kFull = "full_attention";

struct RopeName {
    std::string_view text;
    RopeType type;
};

constexpr std::array<RopeName, 5> kRopeNames{{{"default", RopeType::Default},
                                              {"linear", RopeType::Linear},
                                              {"dynamic", RopeType::Dynamic},
                                              {"llama3", RopeType::Llama3},
                                              {"yarn", RopeType::Yarn}}};

bool isLayerType(std::string_view key) { return key.ends_with("_attention"); }

/// The object p of formats.md 6.2 and the key it was found under.
struct RopeSource {
    nlohmann::json object = nlohmann::json::object();
    std::string key = "rope_parameters";
};

Expected<RopeSource> findRopeObject(const ConfigReader& reader, const ModelConfig& config) {
    RopeSource source;
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
        const nlohmann::json* value = reader.find(key);
        if (value == nullptr) continue;
        if (!value->is_object())
            return reader.error(ErrorCode::ConfigKey, key, "expected an object");
        if (value->empty()) continue;
        source.object = *value;
        source.key = key;
        break;
    }
    bool perLayerType = false;
    for (const auto& item : source.object.items()) perLayerType |= isLayerType(item.key());
    if (!perLayerType) return source;
    if (config.slidingWindow)
        return reader.error(ErrorCode::ConfigUnsupported, source.key,
                            "rotary parameters by layer type, for layers of more than one type");
    const auto full = source.object.find(kFull);
    if (full == source.object.end() || !full->is_object())
        return reader.error(ErrorCode::ConfigUnsupported, source.key,
                            "rotary parameters by layer type without " + std::string(kFull));
    nlohmann::json inner = *full;
    source.object = std::move(inner);
    source.key += "/" + std::string(kFull);
    return source;
}

Expected<RopeType> readType(const ConfigReader& rope) {
    for (const char* key : {"rope_type", "type"}) {
        GRIDSCOPE_TRY_ASSIGN(text, rope.text(key));
        if (!text) continue;
        for (const RopeName& name : kRopeNames) {
            if (name.text == *text) return name.type;
        }
        return rope.error(ErrorCode::ConfigUnsupported, key,
                          "the rotary type " + escapeForDisplay(*text) + " is not supported");
    }
    return RopeType::Default;
}

/// yarn: what cos and sin are multiplied with.
Expected<double> readAttentionFactor(const ConfigReader& rope, double factor) {
    GRIDSCOPE_TRY_ASSIGN(given, rope.positive("attention_factor"));
    if (given) return *given;
    GRIDSCOPE_TRY_ASSIGN(scale, rope.positive("mscale"));
    GRIDSCOPE_TRY_ASSIGN(scaleAll, rope.positive("mscale_all_dim"));
    const auto g = [&](double m) { return factor <= 1.0 ? 1.0 : 0.1 * m * std::log(factor) + 1.0; };
    if (scale && scaleAll) return g(*scale) / g(*scaleAll);
    return g(1.0);
}

Expected<void> readScaling(const ConfigReader& top, const ConfigReader& rope,
                           const ModelConfig& config, RopeSettings& settings) {
    if (settings.type == RopeType::Default) return {};
    GRIDSCOPE_TRY_ASSIGN(factor, rope.requiredPositive("factor"));
    settings.factor = factor;
    if (settings.type == RopeType::Linear || settings.type == RopeType::Dynamic) return {};
    constexpr std::string_view kOriginal = "original_max_position_embeddings";
    GRIDSCOPE_TRY_ASSIGN(outer, top.positive(kOriginal));
    GRIDSCOPE_TRY_ASSIGN(inner, rope.positive(kOriginal));
    settings.originalPositions = outer   ? *outer
                                 : inner ? *inner
                                         : static_cast<double>(config.maxPositions);
    if (settings.type == RopeType::Llama3) {
        GRIDSCOPE_TRY_ASSIGN(low, rope.requiredPositive("low_freq_factor"));
        GRIDSCOPE_TRY_ASSIGN(high, rope.requiredPositive("high_freq_factor"));
        if (high <= low)
            return rope.error(ErrorCode::ConfigRange, "high_freq_factor",
                              "must be above low_freq_factor");
        settings.lowFrequencyFactor = low;
        settings.highFrequencyFactor = high;
        return {};
    }
    GRIDSCOPE_TRY_ASSIGN(fast, rope.positive("beta_fast"));
    GRIDSCOPE_TRY_ASSIGN(slow, rope.positive("beta_slow"));
    GRIDSCOPE_TRY_ASSIGN(truncate, rope.flag("truncate", true));
    GRIDSCOPE_TRY_ASSIGN(attention, readAttentionFactor(rope, factor));
    settings.betaFast = fast.value_or(32.0);
    settings.betaSlow = slow.value_or(1.0);
    settings.truncate = truncate;
    settings.attentionFactor = attention;
    return {};
}

}  // namespace

Expected<RopeSettings> readRopeSettings(const ConfigReader& reader,
                                        const ArchitectureTraits& traits,
                                        const ModelConfig& config) {
    RopeSettings settings;
    if (traits.thetaKey.empty()) return settings;
    GRIDSCOPE_TRY_ASSIGN(source, findRopeObject(reader, config));
    const ConfigReader rope(source.object,
                            reader.error(ErrorCode::ConfigKey, source.key, {}).where);
    GRIDSCOPE_TRY_ASSIGN(type, readType(rope));
    settings.type = type;

    GRIDSCOPE_TRY_ASSIGN(innerTheta, rope.positive("rope_theta"));
    GRIDSCOPE_TRY_ASSIGN(outerTheta, reader.positive(traits.thetaKey));
    settings.theta = innerTheta.value_or(outerTheta.value_or(traits.theta));
    if (settings.theta <= 1.0)
        return reader.error(ErrorCode::ConfigRange, traits.thetaKey, "must be above 1");

    GRIDSCOPE_TRY_ASSIGN(innerShare, rope.positive("partial_rotary_factor"));
    double share = innerShare.value_or(traits.share);
    std::string shareKey = source.key + "/partial_rotary_factor";
    if (!innerShare && !traits.shareKey.empty()) {
        GRIDSCOPE_TRY_ASSIGN(outerShare, reader.positive(traits.shareKey));
        share = outerShare.value_or(traits.share);
        shareKey = traits.shareKey;
    }
    if (share > 1.0) return reader.error(ErrorCode::ConfigRange, shareKey, "must be at most 1");
    if (traits.shareKey.empty() && share != 1.0)
        return reader.error(ErrorCode::ConfigUnsupported, shareKey,
                            "a partial rotary embedding is supported for gpt_neox only");
    // As the reference truncates: int(head_dim * share).
    settings.rotaryDimensions =
        static_cast<std::int64_t>(static_cast<double>(config.headDimension) * share);
    if (settings.rotaryDimensions < 1)
        return reader.error(ErrorCode::ConfigUnsupported, shareKey,
                            "no channel of a head would rotate");
    // An odd number rotates one channel more, which a head must have.
    if (settings.rotaryDimensions % 2 != 0 && settings.rotaryDimensions == config.headDimension)
        return reader.error(ErrorCode::ConfigUnsupported, shareKey,
                            "a rotary embedding over all of " +
                                std::to_string(config.headDimension) +
                                " channels of a head, an odd number, is not defined");
    if (settings.type == RopeType::Dynamic && settings.rotaryDimensions <= 2)
        return reader.error(ErrorCode::ConfigUnsupported, source.key,
                            "the dynamic rotary type needs more than two rotated channels");
    GRIDSCOPE_TRY(readScaling(reader, rope, config, settings));
    return settings;
}

}  // namespace gridscope
