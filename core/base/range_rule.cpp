// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/range_rule.h"

#include "core/base/numbers.h"

namespace gridscope {

Expected<void> checkRules(std::initializer_list<RangeRule> rules) {
    for (const RangeRule& rule : rules) {
        if (!rule.holds)
            return Error{ErrorCode::SettingsRange,
                         rule.field,
                         "expected " + rule.expected + ", found " + formatNumber(rule.found),
                         {}};
    }
    return {};
}

}  // namespace gridscope
