// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/gradient_check.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/training/data_order.h"
#include "core/training/next_token_loss_impl.h"

namespace gridscope {

namespace {

constexpr std::int64_t kBatch = 2;
constexpr std::int64_t kLength = 5;
constexpr std::int64_t kValuesPerTensor = 24;
/// Cube root of the rounding of doubles: truncation and rounding errors balance.
constexpr double kMove = 6e-6;

struct Sample {
    at::Tensor ids, targets;
};

Sample randomSample(const ModelConfig& config, std::uint64_t seed) {
    Sample sample{at::empty({kBatch, kLength}, at::kLong),
                  at::empty({kBatch * kLength}, at::kLong)};
    const auto draw = [&](std::uint64_t stream, at::Tensor& into) {
        auto* values = into.data_ptr<std::int64_t>();
        for (std::int64_t i = 0; i < into.numel(); ++i)
            values[i] =
                static_cast<std::int64_t>(counterBits(seed, stream, static_cast<std::uint64_t>(i)) %
                                          static_cast<std::uint64_t>(config.vocabularyRows));
    };
    draw(1, sample.ids);
    draw(2, sample.targets);
    return sample;
}

/// Starts from the usual initial values, and moves biases and norms off 0 and 1 so that no
/// gradient is trivial.
void initialise(ParameterBuffers& buffers, std::uint64_t seed) {
    std::vector<float> values(static_cast<std::size_t>(buffers.layout.totalSize));
    initialiseParameters(buffers.layout, seed, values);
    auto* weights = buffers.flatWeights.data_ptr<double>();
    for (std::size_t i = 0; i < values.size(); ++i)
        weights[i] = static_cast<double>(values[i]) + 0.1 * counterNormal(seed, 3, i);
}

double largestError(const FlatParameter& parameter, ParameterBuffers& buffers, NextTokenLoss& loss,
                    const Sample& sample, std::int64_t& checked) {
    auto* weights = buffers.flatWeights.data_ptr<double>() + parameter.offset;
    const auto* gradients = buffers.flatGradients.data_ptr<double>() + parameter.offset;
    double scale = 0.0;
    for (std::int64_t i = 0; i < parameter.size; ++i)
        scale = std::max(scale, std::abs(gradients[i]));
    double worst = 0.0;
    const std::int64_t stride = std::max<std::int64_t>(parameter.size / kValuesPerTensor, 1);
    for (std::int64_t i = 0; i < parameter.size; i += stride) {
        const double kept = weights[i];
        weights[i] = kept + kMove;
        const double above = loss.value(sample.ids, sample.targets);
        weights[i] = kept - kMove;
        const double below = loss.value(sample.ids, sample.targets);
        weights[i] = kept;
        worst = std::max(worst, std::abs((above - below) / (2.0 * kMove) - gradients[i]));
        ++checked;
    }
    return scale > 0.0 ? worst / scale : worst;
}

GradientCheck check(const ModelConfig& config, std::uint64_t seed) {
    ParameterBuffers buffers = makeParameterBuffers(config, at::kDouble);
    initialise(buffers, seed);
    NextTokenLoss loss(config, buffers, kLength);
    const Sample sample = randomSample(config, seed);
    GradientCheck result;
    result.loss = loss.addGradients(sample.ids, sample.targets, 1.0, {}).value();
    for (const FlatParameter& parameter : buffers.layout.parameters)
        result.maximumError =
            std::max(result.maximumError,
                     largestError(parameter, buffers, loss, sample, result.checkedValues));
    return result;
}

}  // namespace

Expected<GradientCheck> checkGradients(const ModelConfig& config, std::uint64_t seed) {
    try {
        return check(config, seed);
    } catch (const c10::Error& error) {
        return Error{ErrorCode::Internal, "gradient check", error.what_without_backtrace(), {}};
    }
}

}  // namespace gridscope
