// SPDX-License-Identifier: GPL-3.0-or-later

// The one error value that every fallible function of core returns.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error_code.h"

namespace gridscope {

/// What went wrong, told to the person who can mend it.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string
        where;  ///< file as native bytes; tensor, JSON pointer, line or byte offset as far as known
    std::string what;  ///< one sentence: expected and found value with unit
    std::string hint;  ///< one thing the user can do, or empty

    /// The same error with `prefix` put before `where` ("prefix, where").
    Error inside(std::string_view prefix) const;
    /// One line for people: "where: what (code). hint", control characters escaped.
    std::string toText() const;
};

/// A finding that does not stop the work and travels inside the result.
struct Warning {
    ErrorCode code = ErrorCode::Internal;
    std::string where;
    std::string what;
};

/// `bytes` with control characters, invalid UTF-8 and direction marks escaped as \xNN or \u{N},
/// cut to `limit` characters with an ellipsis. For everything quoted from a file or a path.
std::string escapeForDisplay(std::string_view bytes, std::size_t limit = 80);

}  // namespace gridscope
