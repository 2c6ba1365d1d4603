// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/strict_json_impl.h"
#include "core/training/fork_json_impl.h"

namespace gridscope {

using nlohmann::json;

Expected<ForkJson> ForkJson::of(const json& object, std::string where) {
    if (!object.is_object())
        return Error{ErrorCode::ForkFormat,
                     where,
                     "expected an object, found " + std::string(object.type_name()),
                     {}};
    return ForkJson(object, std::move(where));
}

std::string ForkJson::whereOf(std::string_view key) const {
    return m_where + (m_where.find(", /") == std::string::npos ? ", /" : "/") + std::string(key);
}

const json* ForkJson::find(const char* key) const {
    const auto found = m_object->find(key);
    return found == m_object->end() ? nullptr : &*found;
}

Error ForkJson::wrong(std::string_view key, const std::string& expected) const {
    const auto found = m_object->find(std::string(key));
    std::string value = "nothing";
    if (found != m_object->end())
        value = escapeForDisplay(found->dump(-1, ' ', false, json::error_handler_t::replace), 60);
    return {ErrorCode::ForkFormat, whereOf(key), "expected " + expected + ", found " + value, {}};
}

Expected<std::string> ForkJson::text(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_string()) return wrong(key, "text");
    return value->get<std::string>();
}

Expected<std::int64_t> ForkJson::integer(const char* key) const {
    const json* value = find(key);
    const bool tooLarge = value != nullptr && value->is_number_unsigned() &&
                          value->get<std::uint64_t>() >
                              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value == nullptr || !value->is_number_integer() || tooLarge)
        return wrong(key, "a whole number");
    return value->get<std::int64_t>();
}

Expected<double> ForkJson::number(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_number()) return wrong(key, "a number");
    return value->get<double>();
}

Expected<const json*> ForkJson::array(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_array()) return wrong(key, "an array");
    return value;
}

Expected<ForkJson> ForkJson::object(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_object()) return wrong(key, "an object");
    return of(*value, whereOf(key));
}

Expected<json> parseForkJson(std::string_view text, const std::string& name) {
    constexpr std::size_t kDeepest = 8;
    auto document = parseStrictJson(text, name, kDeepest);
    if (document || document.error().code == ErrorCode::MemoryFailed) return document;
    Error error = document.error();
    error.code = ErrorCode::ForkFormat;
    return error;
}

}  // namespace gridscope
