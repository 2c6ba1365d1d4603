// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/safetensors_sax_impl.h"

namespace gridscope {

namespace {

constexpr std::size_t kDeepest = 4;
constexpr std::size_t kMostTensors = 1'000'000;
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kMostNumbers = 9;  // one more than the largest rank, enough to refuse it
constexpr std::string_view kMetadata = "__metadata__";

}  // namespace

bool SafetensorsSax::fail(ErrorCode code, std::string what) {
    fatal = Error{code, m_where, std::move(what), {}};
    return false;
}

bool SafetensorsSax::unfit(std::string_view found) {
    if (inIgnored()) return true;
    if (m_depth <= 1 || m_inMetadata) {
        const std::string expected =
            m_depth == 0   ? "the header is not an object"
            : m_inMetadata ? "__metadata__ holds a value that is no string"
                           : "the entry " + escapeForDisplay(m_key) + " is not an object";
        return fail(ErrorCode::SafetensorsHeaderJson, expected + ", found " + std::string(found));
    }
    if (wrongField) return true;
    const SafetensorsEntry& entry = entries.back();
    const auto fault = [&](ErrorCode code, std::string_view expected) {
        wrongField = Error{code,
                           m_where + ", " + escapeForDisplay(entry.name),
                           std::string(expected) + ", found " + std::string(found),
                           {}};
    };
    if (m_field == Field::Dtype) fault(ErrorCode::SafetensorsDtype, "dtype must be a string");
    if (m_field == Field::Shape)
        fault(ErrorCode::SafetensorsShape, "shape must be a list of non-negative integers");
    if (m_field == Field::Offsets)
        fault(ErrorCode::SafetensorsOffsets, "data_offsets must be two non-negative integers");
    return true;
}

bool SafetensorsSax::enter() {
    if (m_depth == kDeepest)
        return fail(ErrorCode::JsonDepth,
                    "the header is nested deeper than " + std::to_string(kDeepest) + " levels");
    ++m_depth;
    return true;
}

bool SafetensorsSax::null() {
    if (m_depth == 1 && m_inMetadata) {
        m_inMetadata = false;
        return true;
    }
    return unfit("null");
}

bool SafetensorsSax::boolean(bool value) { return unfit(value ? "true" : "false"); }

bool SafetensorsSax::number_integer(number_integer_t value) { return unfit(std::to_string(value)); }

bool SafetensorsSax::number_float(number_float_t, const string_t& text) {
    return unfit(escapeForDisplay(text));
}

bool SafetensorsSax::number_unsigned(number_unsigned_t value) {
    if (!inNumbers()) return unfit(std::to_string(value));
    SafetensorsEntry& entry = entries.back();
    auto& numbers = m_field == Field::Shape ? entry.shape : entry.offsets;
    if (!numbers) return true;  // inside an object that was already found unfit
    if (numbers->size() < kMostNumbers) numbers->push_back(value);
    return true;
}

bool SafetensorsSax::string(string_t& value) {
    if (m_depth == 2 && m_inMetadata) {
        metadata.emplace_back(m_key, std::move(value));
        return true;
    }
    if (atEntryField() && m_field == Field::Dtype) {
        entries.back().dtype = std::move(value);
        return true;
    }
    return unfit("a string");
}

bool SafetensorsSax::binary(binary_t&) { return unfit("binary data"); }

bool SafetensorsSax::start_object(std::size_t) {
    const bool opensHeader = m_depth == 0;
    const bool opensEntry = m_depth == 1 && m_field == Field::None;
    if (!opensHeader && !opensEntry && !unfit("an object")) return false;
    if (opensEntry && !m_inMetadata) entries.push_back({m_key, {}, {}, {}});
    return enter();
}

bool SafetensorsSax::key(string_t& value) {
    if (m_depth == 1) {
        m_inMetadata = value == kMetadata;
        m_field = Field::None;
        if (!m_inMetadata && entries.size() == kMostTensors)
            return fail(ErrorCode::SafetensorsLimit,
                        "more than " + std::to_string(kMostTensors) + " tensors");
        if (value.empty() || value.size() > kLongestName)
            return fail(ErrorCode::SafetensorsLimit,
                        "a tensor name has " + std::to_string(value.size()) + " bytes, 1 to " +
                            std::to_string(kLongestName) + " are allowed");
        if (value.find('\0') != std::string::npos)
            return fail(ErrorCode::SafetensorsHeaderJson, "a tensor name holds a NUL character");
    } else if (atEntryField()) {
        const SafetensorsEntry& entry = entries.back();
        m_field = value == "dtype"          ? Field::Dtype
                  : value == "shape"        ? Field::Shape
                  : value == "data_offsets" ? Field::Offsets
                                            : Field::Ignored;
        const bool repeated = (m_field == Field::Dtype && entry.dtype) ||
                              (m_field == Field::Shape && entry.shape) ||
                              (m_field == Field::Offsets && entry.offsets);
        if (repeated)
            return fail(
                ErrorCode::SafetensorsHeaderJson,
                "the entry " + escapeForDisplay(entry.name) + " has the key " + value + " twice");
    }
    m_key = std::move(value);
    return true;
}

bool SafetensorsSax::end_object() {
    --m_depth;
    if (m_depth == 1) {
        m_inMetadata = false;
        m_field = Field::None;
    }
    return true;
}

bool SafetensorsSax::start_array(std::size_t) {
    if (atEntryField() && m_field == Field::Shape) {
        entries.back().shape.emplace();
    } else if (atEntryField() && m_field == Field::Offsets) {
        entries.back().offsets.emplace();
    } else if (!unfit("a list")) {
        return false;
    }
    return enter();
}

bool SafetensorsSax::end_array() {
    --m_depth;
    return true;
}

bool SafetensorsSax::parse_error(std::size_t position, const std::string&,
                                 const nlohmann::json::exception&) {
    return fail(ErrorCode::SafetensorsHeaderJson,
                "the header is not valid JSON at its byte " + std::to_string(position));
}

}  // namespace gridscope
