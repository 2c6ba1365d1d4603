// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/error_code.h"

#include <array>
#include <utility>

namespace gridscope {

std::string_view errorCodeText(ErrorCode code) {
    switch (code) {
#define GRIDSCOPE_TEXT(name, text) \
    case ErrorCode::name: \
        return text;
        GRIDSCOPE_ERROR_CODES(GRIDSCOPE_TEXT)
#undef GRIDSCOPE_TEXT
    }
    return "internal.unknown-code";
}

ErrorFamily errorFamily(ErrorCode code) {
    using Entry = std::pair<std::string_view, ErrorFamily>;
    static constexpr std::array<Entry, 26> kAreas{{
        {"file", ErrorFamily::Io},           {"scan", ErrorFamily::Io},
        {"output", ErrorFamily::Store},      {"export", ErrorFamily::Store},
        {"config", ErrorFamily::Model},      {"model", ErrorFamily::Model},
        {"weights", ErrorFamily::Model},     {"suite", ErrorFamily::Model},
        {"trajectory", ErrorFamily::Store},  {"memory", ErrorFamily::Device},
        {"device", ErrorFamily::Device},     {"settings", ErrorFamily::Usage},
        {"run", ErrorFamily::Usage},         {"training", ErrorFamily::Model},
        {"internal", ErrorFamily::Internal}, {"safetensors", ErrorFamily::Format},
        {"json", ErrorFamily::Format},       {"tokenizer", ErrorFamily::Format},
        {"npy", ErrorFamily::Format},        {"tokens", ErrorFamily::Format},
        {"reference", ErrorFamily::Format},  {"zip", ErrorFamily::Format},
        {"pickle", ErrorFamily::Format},     {"shards", ErrorFamily::Format},
        {"audit", ErrorFamily::Model},       {"fork", ErrorFamily::Format},
    }};
    if (code == ErrorCode::RunCancelled) return ErrorFamily::Cancelled;
    const std::string_view text = errorCodeText(code);
    const std::string_view area = text.substr(0, text.find('.'));
    for (const auto& [name, family] : kAreas) {
        if (name == area) return family;
    }
    return ErrorFamily::Internal;
}

}  // namespace gridscope
