// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/multiply_rate.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>

namespace gridscope {

double measureMultiplyRate() {
    constexpr int kRounds = 4;  // the first one pays for warming up
    constexpr std::int64_t kRows = 512, kIn = 768, kOut = 3072;
    const c10::InferenceMode guard;
    const at::Tensor x = at::ones({kRows, kIn});
    const at::Tensor weight = at::ones({kOut, kIn});
    double best = 0.0;
    for (int round = 0; round < kRounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        const at::Tensor product = at::linear(x, weight);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        best = std::max(best, 2.0 * static_cast<double>(kRows * kIn * kOut) / seconds.count());
    }
    return best;
}

}  // namespace gridscope
