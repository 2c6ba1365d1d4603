// SPDX-License-Identifier: GPL-3.0-or-later

// The text of one line of a .jsonl file.
#pragma once

#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

/// The string under `field` of the JSON object `line`; other keys may hold anything.
/// @param line  valid UTF-8 without the line end
/// @param where file and line number, for messages
/// Errors: json.syntax, json.depth (beyond 64); tokens.format (no object, no such key, no string,
/// the key twice).
Expected<std::string> textOfJsonLine(std::string_view line, std::string_view field,
                                     const std::string& where);

}  // namespace gridscope
