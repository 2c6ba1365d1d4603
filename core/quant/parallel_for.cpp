// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/quant/parallel_for.h"

#include <ATen/Parallel.h>

namespace gridscope {

ParallelFor engineParallelFor() {
    return [](std::int64_t count,
              const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
        at::parallel_for(0, count, 1, body);
    };
}

}  // namespace gridscope
