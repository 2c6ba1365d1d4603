// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/training/next_token_loss_impl.h"
#include "core/training/training_bench_impl.h"

namespace gridscope {

double trainingPassSeconds(const ModelConfig& config, std::int64_t batch, std::int64_t length) {
    ParameterBuffers buffers = makeParameterBuffers(config, at::kFloat);
    initialiseParameters(buffers.layout, 0,
                         {buffers.flatWeights.data_ptr<float>(),
                          static_cast<std::size_t>(buffers.flatWeights.numel())});
    NextTokenLoss loss(config, buffers, length);
    const at::Tensor ids = at::randint(config.vocabularyRows, {batch, length}, at::kLong);
    const at::Tensor targets = at::randint(config.vocabularyRows, {batch * length}, at::kLong);
    double best = std::numeric_limits<double>::infinity();
    for (int round = 0; round < 3; ++round) {
        buffers.flatGradients.zero_();
        const auto start = std::chrono::steady_clock::now();
        loss.addGradients(ids, targets, 1.0, {});
        const auto end = std::chrono::steady_clock::now();
        if (round > 0) best = std::min(best, std::chrono::duration<double>(end - start).count());
    }
    return best;
}

}  // namespace gridscope
