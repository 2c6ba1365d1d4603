// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/quant/control_random_impl.h"

#include <cmath>
#include <numbers>

#include "core/quant/fake_quantize.h"

namespace gridscope {

namespace {

/// Mixes all bits of a counter (the finalizer of SplitMix64, Steele et al. 2014).
std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

std::uint64_t randomBits(std::uint64_t seed, std::uint64_t place) {
    constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15ULL;
    return mixed(mixed(seed + kGoldenRatio) + (place + 1) * kGoldenRatio);
}

struct NormalPair {
    float first;
    float second;
};

NormalPair normalPair(std::uint64_t seed, std::uint64_t pair) {
    const std::uint64_t bits = randomBits(seed, pair);
    const double radiusPart = (static_cast<double>(bits >> 32) + 0.5) * 0x1p-32;
    const double anglePart = static_cast<double>(bits & 0xffffffffU) * 0x1p-32;
    const double radius = std::sqrt(-2.0 * std::log(radiusPart));
    const double angle = 2.0 * std::numbers::pi * anglePart;
    return {static_cast<float>(radius * std::cos(angle)),
            static_cast<float>(radius * std::sin(angle))};
}

}  // namespace

float groupPhase(std::uint64_t seed, std::int64_t group) {
    const std::uint64_t bits = randomBits(seed, static_cast<std::uint64_t>(group));
    return static_cast<float>(bits >> 40) * 0x1p-24F - 0.5F;
}

void standardNormal(std::uint64_t seed, std::int64_t first, std::span<float> out) {
    std::uint64_t place = static_cast<std::uint64_t>(first);
    for (std::size_t i = 0; i < out.size();) {
        const NormalPair pair = normalPair(seed, place / 2);
        if (place % 2 == 0) {
            out[i++] = pair.first;
            ++place;
            if (i == out.size()) return;
        }
        out[i++] = pair.second;
        ++place;
    }
}

std::uint64_t matrixSeed(std::uint64_t seed, std::string_view tensorName) {
    // FNV-1a, then mixed: names that differ in one character give unrelated seeds.
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char character : tensorName) {
        hash ^= static_cast<unsigned char>(character);
        hash *= 0x100000001b3ULL;
    }
    return mixed(hash + mixed(seed));
}

}  // namespace gridscope
