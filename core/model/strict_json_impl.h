// SPDX-License-Identifier: GPL-3.0-or-later

// A JSON document without repeated keys, endless depth, NaN and infinities.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

/// Errors: config.json (syntax, repeated key), config.range (1e400) with the JSON pointer,
/// json.depth.
Expected<nlohmann::json> parseStrictJson(std::string_view text, std::string_view where,
                                         std::size_t deepest);

}  // namespace gridscope
