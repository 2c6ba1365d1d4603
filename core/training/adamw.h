// SPDX-License-Identifier: GPL-3.0-or-later

// AdamW with decoupled weight decay, and the global gradient norm, over flat buffers.
#pragma once

#include <cstdint>
#include <span>

namespace gridscope {

struct AdamwSettings {
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
};

/// What changes from update to update.
struct AdamwStep {
    std::int64_t updates = 1;    ///< updates of these moments, this one included; >= 1
    double learningRate = 0.0;   ///< of this update
    double weightDecay = 0.0;    ///< decoupled: weights shrink by learningRate * weightDecay
    double gradientScale = 1.0;  ///< clipping, applied to every gradient before use
};

/// Buffers of one length, changed in place except the gradients.
struct AdamwBuffers {
    std::span<float> weights;
    std::span<const float> gradients;
    std::span<float> firstMoments;   ///< running mean of gradients
    std::span<float> secondMoments;  ///< running mean of squared gradients
};

/// One update of all weights in one sweep: FP32 per element, factors computed in double.
///   w <- w (1 - lr decay);  m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
///   w <- w - lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2,
/// with the learning rate as the schedule multiplier of the decay.
void updateAdamw(const AdamwSettings& settings, const AdamwStep& step, const AdamwBuffers& buffers);

/// Euclidean norm of all gradients, summed in double in a fixed order.
double gradientNorm(std::span<const float> gradients);

/// Factor that brings a gradient of norm `norm` to at most `limit`; 1 if it is within already.
double clipScale(double norm, double limit);

}  // namespace gridscope
