// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/model_config_reader_impl.h"

#include <cmath>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

std::string shown(const nlohmann::json& value) { return escapeForDisplay(value.dump(), 60); }

}  // namespace

const nlohmann::json* ConfigReader::find(std::string_view key) const {
    const auto found = m_object->find(key);
    return found == m_object->end() || found->is_null() ? nullptr : &*found;
}

bool ConfigReader::isExplicitNull(std::string_view key) const {
    const auto found = m_object->find(key);
    return found != m_object->end() && found->is_null();
}

Error ConfigReader::error(ErrorCode code, std::string_view key, std::string what) const {
    return {code, m_where + ", " + std::string(key), std::move(what), {}};
}

Expected<std::optional<std::int64_t>> ConfigReader::integer(std::string_view key,
                                                            IntegerRange range) const {
    const nlohmann::json* value = find(key);
    if (value == nullptr) return std::optional<std::int64_t>();
    if (!value->is_number_integer())
        return error(ErrorCode::ConfigKey, key, "expected an integer, found " + shown(*value));
    // Above the largest i64 the value is unsigned; the ranges end far below.
    const bool huge = value->is_number_unsigned() &&
                      value->get<std::uint64_t>() > static_cast<std::uint64_t>(range.most);
    const std::int64_t number = huge ? 0 : value->get<std::int64_t>();
    if (huge || number < range.least || number > range.most)
        return error(ErrorCode::ConfigRange, key,
                     "expected " + std::to_string(range.least) + " to " +
                         std::to_string(range.most) + ", found " + shown(*value));
    return std::optional<std::int64_t>(number);
}

Expected<std::int64_t> ConfigReader::requiredInteger(std::initializer_list<std::string_view> keys,
                                                     IntegerRange range) const {
    for (const std::string_view key : keys) {
        GRIDSCOPE_TRY_ASSIGN(value, integer(key, range));
        if (value) return *value;
    }
    return error(ErrorCode::ConfigKey, *keys.begin(), "the key is required and missing");
}

Expected<std::optional<double>> ConfigReader::positive(std::string_view key) const {
    const nlohmann::json* value = find(key);
    if (value == nullptr) return std::optional<double>();
    if (!value->is_number())
        return error(ErrorCode::ConfigKey, key, "expected a number, found " + shown(*value));
    const double number = value->get<double>();
    if (!std::isfinite(number) || number <= 0.0)
        return error(ErrorCode::ConfigRange, key,
                     "expected a number above 0, found " + shown(*value));
    return std::optional<double>(number);
}

Expected<double> ConfigReader::requiredPositive(std::string_view key) const {
    GRIDSCOPE_TRY_ASSIGN(value, positive(key));
    if (!value) return error(ErrorCode::ConfigKey, key, "the key is required and missing");
    return *value;
}

Expected<bool> ConfigReader::flag(std::string_view key, std::optional<bool> otherwise) const {
    const nlohmann::json* value = find(key);
    if (value == nullptr && otherwise) return *otherwise;
    if (value == nullptr) return error(ErrorCode::ConfigKey, key, "the key is missing");
    if (!value->is_boolean())
        return error(ErrorCode::ConfigKey, key, "expected true or false, found " + shown(*value));
    return value->get<bool>();
}

Expected<std::optional<std::string>> ConfigReader::text(std::string_view key) const {
    const nlohmann::json* value = find(key);
    if (value == nullptr) return std::optional<std::string>();
    if (!value->is_string())
        return error(ErrorCode::ConfigKey, key, "expected a string, found " + shown(*value));
    return std::optional<std::string>(value->get<std::string>());
}

}  // namespace gridscope
