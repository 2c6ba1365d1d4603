// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/step_text.h"

#include <cmath>

#include "core/base/numbers.h"

namespace gridscope {

std::string formatStep(double step) {
    constexpr double kExactLimit = 9007199254740992.0;
    if (step == std::floor(step) && std::abs(step) < kExactLimit)
        return std::to_string(static_cast<std::int64_t>(step));
    return formatNumber(step);
}

std::string formatGrouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
    return digits;
}

}  // namespace gridscope
