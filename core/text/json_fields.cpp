// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/json_fields_impl.h"

namespace gridscope {

using nlohmann::json;

Expected<JsonFields> JsonFields::of(const json& object, std::string where) {
    if (!object.is_object())
        return Error{ErrorCode::TokenizerJson,
                     where,
                     "expected an object, found " + std::string(object.type_name()),
                     {}};
    return JsonFields(object, std::move(where));
}

const json* JsonFields::find(const char* key) const {
    const auto found = m_object->find(key);
    return found == m_object->end() || found->is_null() ? nullptr : &*found;
}

std::string JsonFields::whereOf(std::string_view key) const {
    return m_where + "/" + std::string(key);
}

Error JsonFields::wrong(std::string_view key, const std::string& expected) const {
    const auto found = m_object->find(std::string(key));
    return {ErrorCode::TokenizerJson,
            whereOf(key),
            "expected " + expected + ", found " +
                (found == m_object->end() ? "nothing" : std::string(found->type_name())),
            {}};
}

Expected<std::string> JsonFields::text(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_string()) return wrong(key, "text");
    return value->get<std::string>();
}

Expected<bool> JsonFields::flag(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_boolean()) return wrong(key, "true or false");
    return value->get<bool>();
}

Expected<std::uint64_t> JsonFields::count(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_number_unsigned()) return wrong(key, "an integer from 0 on");
    return value->get<std::uint64_t>();
}

Expected<std::string> JsonFields::textOr(const char* key, std::string otherwise) const {
    return find(key) == nullptr ? Expected<std::string>(std::move(otherwise)) : text(key);
}

Expected<bool> JsonFields::flagOr(const char* key, bool otherwise) const {
    return find(key) == nullptr ? Expected<bool>(otherwise) : flag(key);
}

Expected<const json*> JsonFields::array(const char* key) const {
    const json* value = find(key);
    if (value == nullptr || !value->is_array()) return wrong(key, "an array");
    return value;
}

Error unsupportedComponent(const std::string& where, const std::string& what) {
    return {ErrorCode::TokenizerUnsupported, where,
            escapeForDisplay(what, 200) + " is not supported",
            "Convert the text to a token file (.npy) with the model's own tokenizer"};
}

}  // namespace gridscope
