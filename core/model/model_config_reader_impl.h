// SPDX-License-Identifier: GPL-3.0-or-later

// Checked access to the keys of a configuration: null counts as absent, every error names its key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/model/model_config.h"

namespace gridscope {

struct IntegerRange {
    std::int64_t least;
    std::int64_t most;
};

class ConfigReader {
public:
    /// `object` must outlive the reader; `where` names the file (and the object inside it).
    ConfigReader(const nlohmann::json& object, std::string where)
        : m_object(&object), m_where(std::move(where)) {}

    /// The value, or nullptr for an absent or null key.
    const nlohmann::json* find(std::string_view key) const;
    bool isExplicitNull(std::string_view key) const;
    const nlohmann::json& object() const { return *m_object; }

    /// Errors of all: config.key (missing, wrong type), config.range.
    Expected<std::optional<std::int64_t>> integer(std::string_view key, IntegerRange range) const;
    Expected<std::int64_t> requiredInteger(std::initializer_list<std::string_view> keys,
                                           IntegerRange range) const;
    /// A finite number above zero.
    Expected<std::optional<double>> positive(std::string_view key) const;
    Expected<double> requiredPositive(std::string_view key) const;
    Expected<bool> flag(std::string_view key, std::optional<bool> otherwise) const;
    Expected<std::optional<std::string>> text(std::string_view key) const;

    Error error(ErrorCode code, std::string_view key, std::string what) const;

private:
    const nlohmann::json* m_object;
    std::string m_where;
};

/// What differs between the kinds of models while reading a configuration (formats.md 6.1, 7.2).
struct ArchitectureTraits {
    enum class Switch { KeyFalse, KeyTrue, Always, Never };  ///< key with default, or fixed

    std::string_view modelType;
    Architecture architecture;
    NormKind norm;
    std::string_view epsilonKey;  ///< empty = fixed
    double epsilon;
    std::string_view activationKey;
    std::string_view activation;
    Switch attentionBias;
    Switch attentionOutputBias;
    Switch mlpBias;
    bool tied;
    std::int64_t maxPositions;
    std::int64_t keyValueHeads;  ///< 0 = as many as heads; -1 = the key does not exist
    std::int64_t headDimension;  ///< 0 = hidden / heads; -1 = nothing else is possible
    std::string_view thetaKey;   ///< empty = no rotary embedding
    double theta;
    std::string_view shareKey;  ///< of the rotated channels; empty = all
    double share;
    bool slidingWindows;  ///< the kind knows sliding layers
};

/// The traits of a model_type, or nullptr.
const ArchitectureTraits* findArchitecture(std::string_view modelType);

/// Rotary settings by formats.md 6.2; `config` has its dimensions and positions already.
/// Errors: config.key, config.range, config.unsupported.
Expected<RopeSettings> readRopeSettings(const ConfigReader& reader,
                                        const ArchitectureTraits& traits,
                                        const ModelConfig& config);

}  // namespace gridscope
