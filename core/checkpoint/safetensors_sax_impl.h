// SPDX-License-Identifier: GPL-3.0-or-later

// Collects the entries of a safetensors header while nlohmann-json walks through its text.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace gridscope {

/// One entry as written, before its numbers are compared with each other.
struct SafetensorsEntry {
    std::string name;
    std::optional<std::string> dtype;
    std::optional<std::vector<std::uint64_t>> shape;
    std::optional<std::vector<std::uint64_t>> offsets;
};

/// Fills `entries` and `metadata`. Stops at once on broken JSON and on exceeded limits; remembers
/// wrong types (rule 7) and goes on, because a repeated name (rule 6) counts before them.
class SafetensorsSax final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit SafetensorsSax(std::string_view where) : m_where(where) {}

    std::vector<SafetensorsEntry> entries;
    std::vector<std::pair<std::string, std::string>> metadata;
    std::optional<Error> fatal;       ///< rules 4, 5 and the limits
    std::optional<Error> wrongField;  ///< the first fault of rule 7

    bool null() override;
    bool boolean(bool value) override;
    bool number_integer(number_integer_t value) override;
    bool number_unsigned(number_unsigned_t value) override;
    bool number_float(number_float_t value, const string_t& text) override;
    bool string(string_t& value) override;
    bool binary(binary_t& value) override;
    bool start_object(std::size_t elements) override;
    bool key(string_t& value) override;
    bool end_object() override;
    bool start_array(std::size_t elements) override;
    bool end_array() override;
    bool parse_error(std::size_t position, const std::string& token,
                     const nlohmann::json::exception& error) override;

private:
    enum class Field { None, Dtype, Shape, Offsets, Ignored };

    bool enter();
    /// A value that fits nowhere: the fault of rule 7, or of rule 5 outside the entries.
    bool unfit(std::string_view found);
    bool atEntryField() const { return m_depth == 2 && !m_inMetadata; }
    bool inIgnored() const { return m_field == Field::Ignored && m_depth >= 2; }
    bool inNumbers() const {
        return m_depth == 3 && (m_field == Field::Shape || m_field == Field::Offsets);
    }
    bool fail(ErrorCode code, std::string what);

    std::string m_where;
    std::string m_key;
    std::size_t m_depth = 0;
    Field m_field = Field::None;
    bool m_inMetadata = false;
};

}  // namespace gridscope
