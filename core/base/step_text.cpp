// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/step_text.h"

#include <cmath>
#include <cstdint>

#include "core/base/numbers.h"

namespace gridscope {

std::string formatStep(double step) {
    constexpr double kExactLimit = 9007199254740992.0;
    if (step == std::floor(step) && std::abs(step) < kExactLimit)
        return std::to_string(static_cast<std::int64_t>(step));
    return formatNumber(step);
}

}  // namespace gridscope
