// SPDX-License-Identifier: GPL-3.0-or-later

// Checked access to the keys of one object of a tokenizer.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

/// Does not own the object. All errors are tokenizer.json with the JSON pointer in `where`.
class JsonFields {
public:
    /// Errors: not an object.
    static Expected<JsonFields> of(const nlohmann::json& object, std::string where);

    const std::string& where() const { return m_where; }
    /// The value of `key`, or null where it is absent or JSON null.
    const nlohmann::json* find(const char* key) const;
    std::string whereOf(std::string_view key) const;
    Error wrong(std::string_view key, const std::string& expected) const;

    Expected<std::string> text(const char* key) const;
    Expected<bool> flag(const char* key) const;
    Expected<std::uint64_t> count(const char* key) const;
    /// `otherwise` where the key is absent or null.
    Expected<std::string> textOr(const char* key, std::string otherwise) const;
    Expected<bool> flagOr(const char* key, bool otherwise) const;
    /// The array of `key`. The pointer is never null.
    Expected<const nlohmann::json*> array(const char* key) const;

private:
    JsonFields(const nlohmann::json& object, std::string where)
        : m_object(&object), m_where(std::move(where)) {}

    const nlohmann::json* m_object;
    std::string m_where;
};

/// tokenizer.unsupported: `what` such as "pre-tokenizer \"Punctuation\"" is not built in.
Error unsupportedComponent(const std::string& where, const std::string& what);

}  // namespace gridscope
