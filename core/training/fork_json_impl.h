// SPDX-License-Identifier: GPL-3.0-or-later

// Checked access to the small JSON files of a fork experiment.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

/// An object within a document. Does not own it. All errors are fork.format with the place of the
/// key in `where`.
class ForkJson {
public:
    /// @param where file and JSON pointer: "fork.json" or "fork.json, /design"
    static Expected<ForkJson> of(const nlohmann::json& object, std::string where);

    const std::string& where() const { return m_where; }
    Error wrong(std::string_view key, const std::string& expected) const;
    bool has(const char* key) const { return find(key) != nullptr; }
    Expected<std::string> text(const char* key) const;
    Expected<std::int64_t> integer(const char* key) const;
    Expected<double> number(const char* key) const;
    /// The pointer is never null.
    Expected<const nlohmann::json*> array(const char* key) const;
    Expected<ForkJson> object(const char* key) const;

private:
    ForkJson(const nlohmann::json& object, std::string where)
        : m_object(&object), m_where(std::move(where)) {}
    std::string whereOf(std::string_view key) const;
    const nlohmann::json* find(const char* key) const;

    const nlohmann::json* m_object;
    std::string m_where;
};

/// The document of `text`. Errors: fork.format, memory.failed
Expected<nlohmann::json> parseForkJson(std::string_view text, const std::string& name);

}  // namespace gridscope
