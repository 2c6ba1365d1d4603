// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <cstdint>
#include <string>

#include "core/quant/not_finite_impl.h"

namespace gridscope {

Error notFiniteError(MatrixView weight) {
    std::int64_t first = -1;
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < weight.elements(); ++i) {
        if (std::isfinite(weight.data[i])) continue;
        if (first < 0) first = i;
        ++count;
    }
    const std::int64_t row = first / weight.columns;
    const std::int64_t column = first % weight.columns;
    return Error{ErrorCode::WeightsNotFinite,
                 "[" + std::to_string(row) + ", " + std::to_string(column) + "]",
                 "expected finite weights, found " + std::to_string(count) +
                     " NaN or infinite; the first is weight " + std::to_string(first),
                 "the training run may have diverged before this checkpoint"};
}

}  // namespace gridscope
