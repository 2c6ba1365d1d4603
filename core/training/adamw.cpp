// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/adamw.h"

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace gridscope {

void updateAdamw(const AdamwSettings& settings, const AdamwStep& step,
                 const AdamwBuffers& buffers) {
    const std::size_t count = buffers.weights.size();
    assert(step.updates >= 1 && buffers.gradients.size() == count &&
           buffers.firstMoments.size() == count && buffers.secondMoments.size() == count);
    const auto updates = static_cast<double>(step.updates);
    const double correction1 = 1.0 - std::pow(settings.beta1, updates);
    const double correction2 = 1.0 - std::pow(settings.beta2, updates);
    const auto keep = static_cast<float>(1.0 - step.learningRate * step.weightDecay);
    const auto size = static_cast<float>(step.learningRate / correction1);
    const auto rootFactor = static_cast<float>(1.0 / std::sqrt(correction2));
    const auto epsilon = static_cast<float>(settings.epsilon);
    const auto scale = static_cast<float>(step.gradientScale);
    const auto beta1 = static_cast<float>(settings.beta1);
    const auto beta2 = static_cast<float>(settings.beta2);
    const auto rest1 = static_cast<float>(1.0 - settings.beta1);
    const auto rest2 = static_cast<float>(1.0 - settings.beta2);

    // The buffers never overlap; told to the compiler so that it vectorizes the sweep.
    float* __restrict__ weight = buffers.weights.data();
    const float* __restrict__ gradient = buffers.gradients.data();
    float* __restrict__ first = buffers.firstMoments.data();
    float* __restrict__ second = buffers.secondMoments.data();
    for (std::size_t i = 0; i < count; ++i) {
        const float g = gradient[i] * scale;
        const float m = beta1 * first[i] + rest1 * g;
        const float v = beta2 * second[i] + rest2 * (g * g);
        first[i] = m;
        second[i] = v;
        weight[i] = weight[i] * keep - size * (m / (std::sqrt(v) * rootFactor + epsilon));
    }
}

double gradientNorm(std::span<const float> gradients) {
    // Eight running sums, so that the loop vectorizes and its order stays fixed.
    std::array<double, 8> sums{};
    const std::size_t whole = gradients.size() / sums.size() * sums.size();
    for (std::size_t i = 0; i < whole; i += sums.size()) {
        for (std::size_t lane = 0; lane < sums.size(); ++lane) {
            const auto g = static_cast<double>(gradients[i + lane]);
            sums[lane] += g * g;
        }
    }
    for (std::size_t i = whole; i < gradients.size(); ++i) {
        const auto g = static_cast<double>(gradients[i]);
        sums[0] += g * g;
    }
    double total = 0.0;
    for (const double sum : sums) total += sum;
    return std::sqrt(total);
}

double clipScale(double norm, double limit) { return norm > limit ? limit / norm : 1.0; }

}  // namespace gridscope
