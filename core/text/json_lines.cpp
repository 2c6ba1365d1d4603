// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/json_lines.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/json_fault.h"

namespace gridscope {

namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 64;

/// Keeps the one string that is wanted and nothing else of the line.
class LineSax final : public nlohmann::json_sax<json> {
public:
    LineSax(std::string_view line, std::string_view field, const std::string& where)
        : m_line(line), m_field(field), m_where(where) {}

    std::optional<std::string> text;
    std::optional<Error> failure;

    bool null() override { return other("null"); }
    bool boolean(bool) override { return other("true or false"); }
    bool number_integer(number_integer_t) override { return other("a number"); }
    bool number_unsigned(number_unsigned_t) override { return other("a number"); }
    bool number_float(number_float_t, const string_t&) override { return other("a number"); }
    bool binary(binary_t&) override { return other("binary data"); }
    bool string(string_t& value) override {
        if (!m_wanted) return other("a string");
        m_wanted = false;
        text = std::move(value);
        return true;
    }
    bool key(string_t& value) override {
        m_wanted = m_depth == 1 && value == m_field;
        return !m_wanted || !text || fail("has the key " + quotedField() + " twice");
    }
    bool start_object(std::size_t) override {
        return m_depth == 0 ? enter() : other("an object") && enter();
    }
    bool start_array(std::size_t) override { return other("a list") && enter(); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
        failure = Error{ErrorCode::JsonSyntax, m_where,
                        "no valid JSON at byte " + std::to_string(position) + " of the line",
                        jsonFaultHint(m_line, position)};
        return false;
    }

    std::string quotedField() const { return "\"" + escapeForDisplay(m_field) + "\""; }

private:
    bool fail(std::string what) {
        failure = Error{ErrorCode::TokensFormat, m_where, std::move(what),
                        "Name the key of the text with --text-field"};
        return false;
    }
    /// A value that is not the text.
    bool other(const char* found) {
        if (m_depth == 0)
            return fail("expected an object with the key " + quotedField() + ", found " + found);
        return !m_wanted || fail("expected a string under " + quotedField() + ", found " + found);
    }
    bool enter() {
        m_wanted = false;
        if (++m_depth <= kDeepest) return true;
        failure = Error{ErrorCode::JsonDepth,
                        m_where,
                        "nested deeper than " + std::to_string(kDeepest) + " levels",
                        {}};
        return false;
    }
    bool leave() {
        --m_depth;
        return true;
    }

    std::string_view m_line;
    std::string_view m_field;
    const std::string& m_where;
    std::size_t m_depth = 0;
    bool m_wanted = false;  // the next value is the text
};

}  // namespace

Expected<std::string> textOfJsonLine(std::string_view line, std::string_view field,
                                     const std::string& where) {
    // The parser would take a NUL for the end of the line.
    if (const std::size_t nul = line.find('\0'); nul != std::string_view::npos)
        return Error{ErrorCode::JsonSyntax, where,
                     "a NUL byte at byte " + std::to_string(nul) + " of the line",
                     "The file is damaged; get it again"};
    LineSax sax(line, field, where);
    const bool walked = json::sax_parse(line.begin(), line.end(), &sax);
    if (sax.failure) return *std::move(sax.failure);
    if (!walked) return Error{ErrorCode::JsonSyntax, where, "no valid JSON", {}};
    if (sax.text) return *std::move(sax.text);
    return Error{ErrorCode::TokensFormat, where, "has no key " + sax.quotedField(),
                 "Name the key of the text with --text-field"};
}

}  // namespace gridscope
