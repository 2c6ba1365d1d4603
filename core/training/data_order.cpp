// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/data_order.h"

#include <cmath>
#include <numbers>

namespace gridscope {

namespace {

constexpr std::uint64_t kGoldenGamma = 0x9E3779B97F4A7C15u;
constexpr std::uint64_t kWindowStream = 0x77696E646F777300u;  // keeps windows apart from weights

std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

}  // namespace

std::string_view dataOrderName(DataOrder order) {
    return order == DataOrder::File ? "file" : "seeded";
}

std::uint64_t counterBits(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
    std::uint64_t state = mix(seed + kGoldenGamma);
    state = mix((state ^ stream) + kGoldenGamma);
    return mix((state ^ index) + kGoldenGamma);
}

double counterNormal(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
    // 53 bits each; the first number lies in (0, 1] so that its logarithm is finite.
    const double radius =
        static_cast<double>((counterBits(seed, stream, 2 * index) >> 11) + 1) * 0x1p-53;
    const double turn =
        static_cast<double>(counterBits(seed, stream, 2 * index + 1) >> 11) * 0x1p-53;
    return std::sqrt(-2.0 * std::log(radius)) * std::cos(2.0 * std::numbers::pi * turn);
}

std::size_t windowStart(std::uint64_t seed, std::int64_t step, std::int64_t sample,
                        std::size_t starts) {
    const std::uint64_t bits =
        counterBits(seed, kWindowStream + static_cast<std::uint64_t>(step) * kGoldenGamma,
                    static_cast<std::uint64_t>(sample));
    // The remainder favours low starts by less than starts / 2^64.
    return static_cast<std::size_t>(bits % starts);
}

std::size_t windowStart(const FileOrder& order, std::int64_t sample, std::size_t starts) {
    const auto stride = static_cast<std::size_t>(order.stride);
    const std::size_t windows = (starts - 1) / stride + 1;
    return (static_cast<std::size_t>(order.first) + static_cast<std::size_t>(sample)) % windows *
           stride;
}

}  // namespace gridscope
