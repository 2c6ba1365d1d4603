// SPDX-License-Identifier: GPL-3.0-or-later

// Checks of settings, written as what must hold, so that NaN breaks every rule.
#pragma once

#include <initializer_list>
#include <string>

#include "core/base/expected.h"

namespace gridscope {

struct RangeRule {
    bool holds;
    const char* field;
    std::string expected;  ///< "at least 1"
    double found;
};

/// Errors: settings.range for the first rule that does not hold; `where` names the field.
Expected<void> checkRules(std::initializer_list<RangeRule> rules);

}  // namespace gridscope
