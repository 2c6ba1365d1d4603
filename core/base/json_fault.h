// SPDX-License-Identifier: GPL-3.0-or-later

// What a person can do about text that is no JSON, from where the parser stopped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gridscope {

/// A hint for the three common causes: the text ends early, it holds NaN or an infinity, which
/// Python writes, or it is damaged.
/// @param position bytes read up to and including the first that does not fit, as nlohmann-json
///                 3.11 counts them; above text.size() when the end came too early
std::string jsonFaultHint(std::string_view text, std::size_t position);

}  // namespace gridscope
