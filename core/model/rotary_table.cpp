// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/rotary_table_impl.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gridscope {

namespace {

constexpr double kTurn = 2.0 * std::numbers::pi;

/// dynamic: beyond the trained context the base grows with the sequence.
double thetaFor(const ModelConfig& config, std::int64_t length) {
    const RopeSettings& rope = config.rope;
    if (rope.type != RopeType::Dynamic || length <= config.maxPositions) return rope.theta;
    const double stretch =
        rope.factor * static_cast<double>(length) / static_cast<double>(config.maxPositions) -
        (rope.factor - 1.0);
    const double dimensions = static_cast<double>(rope.rotaryDimensions);
    return rope.theta * std::pow(stretch, dimensions / (dimensions - 2.0));
}

/// llama3: slow channels are interpolated, fast ones kept, those between blended by wavelength.
at::Tensor llama3Frequencies(const RopeSettings& rope, const at::Tensor& plain) {
    const double longest = rope.originalPositions / rope.lowFrequencyFactor;
    const double shortest = rope.originalPositions / rope.highFrequencyFactor;
    const at::Tensor wavelength = kTurn / plain;
    const at::Tensor keep = (rope.originalPositions / wavelength - rope.lowFrequencyFactor) /
                            (rope.highFrequencyFactor - rope.lowFrequencyFactor);
    const at::Tensor interpolated = plain / rope.factor;
    const at::Tensor blended = (1.0 - keep) * interpolated + keep * plain;
    return at::where(wavelength > longest, interpolated,
                     at::where(wavelength < shortest, plain, blended));
}

/// yarn: blended by the index of the channel pair, between those that make betaFast and betaSlow
/// turns over the trained context.
at::Tensor yarnFrequencies(const RopeSettings& rope, const at::Tensor& plain) {
    const double dimensions = static_cast<double>(rope.rotaryDimensions);
    const auto pairOfTurns = [&](double turns) {
        return dimensions * std::log(rope.originalPositions / (turns * kTurn)) /
               (2.0 * std::log(rope.theta));
    };
    double first = pairOfTurns(rope.betaFast);
    double last = pairOfTurns(rope.betaSlow);
    if (rope.truncate) {
        first = std::floor(first);
        last = std::ceil(last);
    }
    first = std::max(first, 0.0);
    last = std::min(last, dimensions - 1.0);
    if (first == last) last += 0.001;
    const at::Tensor pair = at::arange(plain.size(0), plain.options());
    const at::Tensor share = at::clamp((pair - first) / (last - first), 0.0, 1.0);
    return share * (plain / rope.factor) + (1.0 - share) * plain;
}

at::Tensor scaledFrequencies(const RopeSettings& rope, const at::Tensor& plain) {
    switch (rope.type) {
    case RopeType::Default:
    case RopeType::Dynamic:
        return plain;
    case RopeType::Linear:
        return plain / rope.factor;
    case RopeType::Llama3:
        return llama3Frequencies(rope, plain);
    case RopeType::Yarn:
        return yarnFrequencies(rope, plain);
    }
    return plain;
}

}  // namespace

RotaryTable makeRotaryTable(const ModelConfig& config, std::int64_t length,
                            const at::Tensor& like) {
    const std::int64_t rot = config.rope.rotaryDimensions;
    if (rot == 0) return {};
    // Frequencies, angles, cosines and sines in FP32 as the reference computes them; the fp16
    // inv_freq of old files is ignored.
    const auto options = like.options().dtype(at::kFloat).requires_grad(false);
    const at::Tensor exponent = at::arange(0, rot, 2, options) / static_cast<double>(rot);
    const at::Tensor frequency =
        scaledFrequencies(config.rope, at::reciprocal(at::pow(thetaFor(config, length), exponent)));
    const at::Tensor angle = at::outer(at::arange(0, length, options), frequency);
    if (config.rope.attentionFactor == 1.0) return {at::cos(angle), at::sin(angle)};
    return {at::cos(angle) * config.rope.attentionFactor,
            at::sin(angle) * config.rope.attentionFactor};
}

}  // namespace gridscope
