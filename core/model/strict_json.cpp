// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/strict_json_impl.h"

#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json_fault.h"

namespace gridscope {

namespace {

using Json = nlohmann::json;

/// Builds the document; nesting is bounded while parsing, so memory follows the text.
class StrictBuilder final : public nlohmann::json_sax<Json> {
public:
    StrictBuilder(std::string_view text, std::string_view where, std::size_t deepest)
        : m_text(text), m_where(where), m_deepest(deepest) {}

    Json document;
    std::optional<Error> failure;

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& value) override {
        Level& level = m_levels.back();
        if (level.value->contains(value))
            return fail(ErrorCode::ConfigJson, "/" + value, "the key occurs twice");
        level.key = std::move(value);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&,
                     const Json::exception& error) override {
        // nlohmann-json 3.11: out_of_range.406 is a number beyond the range of double.
        if (error.id == 406)
            return fail(ErrorCode::ConfigRange, "", "the number is too large, such as 1e400");
        fail(ErrorCode::ConfigJson, "", "no valid JSON at byte " + std::to_string(position));
        failure->hint = jsonFaultHint(m_text, position);
        return false;
    }

private:
    struct Level {
        Json* value;      ///< owned by the document
        std::string key;  ///< last one, for objects
    };

    bool fail(ErrorCode code, const std::string& at, std::string what) {
        std::string pointer;
        for (const Level& level : m_levels) {
            if (level.value->is_object()) pointer += "/" + level.key;
        }
        if (!at.empty() && !m_levels.empty()) pointer = pointer.substr(0, pointer.rfind('/')) + at;
        Error error{code, m_where, std::move(what), {}};
        if (!pointer.empty()) error.where += ", " + escapeForDisplay(pointer);
        failure = std::move(error);
        return false;
    }

    Json* place(Json value) {
        if (m_levels.empty()) {
            document = std::move(value);
            return &document;
        }
        Level& level = m_levels.back();
        if (level.value->is_array()) {
            level.value->push_back(std::move(value));
            return &level.value->back();
        }
        return &((*level.value)[level.key] = std::move(value));
    }
    bool add(Json value) {
        place(std::move(value));
        return true;
    }
    bool open(Json value) {
        if (m_levels.size() == m_deepest)
            return fail(ErrorCode::JsonDepth, "",
                        "nested deeper than " + std::to_string(m_deepest) + " levels");
        m_levels.push_back({place(std::move(value)), {}});
        return true;
    }
    bool close() {
        m_levels.pop_back();
        return true;
    }

    std::string_view m_text;
    std::string m_where;
    std::size_t m_deepest;
    std::vector<Level> m_levels;
};

}  // namespace

Expected<Json> parseStrictJson(std::string_view text, std::string_view where, std::size_t deepest) {
    const auto fault = [&](ErrorCode code, std::string what) {
        return Error{code, std::string(where), std::move(what), {}};
    };
    // The parser would take a NUL for the end of the text.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        return fault(ErrorCode::ConfigJson, "a NUL byte at byte " + std::to_string(nul));
    try {
        StrictBuilder builder(text, where, deepest);
        const bool walked = Json::sax_parse(text.begin(), text.end(), &builder);
        if (builder.failure) return *builder.failure;
        if (!walked) return fault(ErrorCode::ConfigJson, "no valid JSON");
        return std::move(builder.document);
    } catch (const Json::exception& error) {
        return fault(ErrorCode::ConfigJson, error.what());
    } catch (const std::bad_alloc&) {
        return fault(ErrorCode::MemoryFailed, "no memory for the document");
    }
}

}  // namespace gridscope
