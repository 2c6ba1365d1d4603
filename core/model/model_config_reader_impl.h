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
#include "core/model/architecture.h"

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

/// Rotary settings by formats.md 6.2; `config` has everything else already.
/// Errors: config.key, config.range, config.unsupported.
Expected<RopeSettings> readRopeSettings(const ConfigReader& reader,
                                        const ArchitectureTraits& traits,
                                        const ModelConfig& config);

}  // namespace gridscope
