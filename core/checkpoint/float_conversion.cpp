// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/float_conversion.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>

namespace gridscope {

namespace {

constexpr std::uint32_t kMagnitude = 0x7FFFFFFFu;
constexpr std::uint32_t kInfinity = 0x7F800000u;
constexpr std::uint32_t kHalfSmallestNormal = 113u << 23;  // 2^-14
constexpr std::uint32_t kHalfLargest = 0x477FE000u;        // 65504

// The counters of a block are 32 bits wide, so that they fill vector lanes as the values do.
constexpr std::size_t kBlock = std::size_t{1} << 16;

/// Both branches are computed and one is chosen, so that the loop around it is vectorized.
inline float widenHalf(std::uint32_t half) {
    const std::uint32_t sign = (half & 0x8000u) << 16;
    const std::uint32_t magnitude = (half & 0x7FFFu) << 13;
    // A subnormal half is m 2^-24: put m into the fraction of 2^-14 and take 2^-14 off again.
    // No subnormal float appears, so the result does not depend on a flush-to-zero mode.
    const float subnormal = std::bit_cast<float>(magnitude | kHalfSmallestNormal) -
                            std::bit_cast<float>(kHalfSmallestNormal);
    const std::uint32_t exponentShift = magnitude >= (31u << 23) ? 224u << 23 : 112u << 23;
    const std::uint32_t normal = magnitude + exponentShift;
    const std::uint32_t bits =
        magnitude < (1u << 23) ? std::bit_cast<std::uint32_t>(subnormal) : normal;
    return std::bit_cast<float>(bits | sign);
}

/// 1 if the finite magnitude survives a round trip through half.
inline std::uint32_t fitsHalf(std::uint32_t magnitude) {
    // Between 0.5 and 1 floats are 2^-24 apart, as subnormal halves are.
    const float spaced = std::bit_cast<float>(magnitude) + 0.5f;
    const std::uint32_t back = std::bit_cast<std::uint32_t>(spaced - 0.5f);
    const std::uint32_t subnormalFits = back == magnitude ? 1u : 0u;
    const std::uint32_t normalFits =
        ((magnitude & 0x1FFFu) == 0 ? 1u : 0u) & (magnitude <= kHalfLargest ? 1u : 0u);
    return magnitude < kHalfSmallestNormal ? subnormalFits : normalFits;
}

}  // namespace

void widenF16(std::span<const std::uint16_t> bits, std::span<float> into) {
    assert(bits.size() == into.size());
    const std::uint16_t* from = bits.data();
    float* to = into.data();
    for (std::size_t i = 0, n = bits.size(); i < n; ++i) to[i] = widenHalf(from[i]);
}

void widenBf16(std::span<const std::uint16_t> bits, std::span<float> into) {
    assert(bits.size() == into.size());
    const std::uint16_t* from = bits.data();
    float* to = into.data();
    for (std::size_t i = 0, n = bits.size(); i < n; ++i)
        to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(from[i]) << 16);
}

std::uint64_t narrowF64(std::span<const double> values, std::span<float> into) {
    assert(values.size() == into.size());
    std::uint64_t changed = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double value = values[i];
        into[i] = static_cast<float>(value);
        const double back = static_cast<double>(into[i]);
        changed += (back < value || back > value) ? 1u : 0u;  // both false for NaN
    }
    return changed;
}

ValueCounts countValues(std::span<const float> values) {
    ValueCounts counts;
    for (std::size_t start = 0; start < values.size(); start += kBlock) {
        const float* block = values.data() + start;
        const std::size_t size = std::min(kBlock, values.size() - start);
        std::uint32_t finite = 0;
        std::uint32_t half = 0;
        std::uint32_t brain = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint32_t bits = std::bit_cast<std::uint32_t>(block[i]);
            const std::uint32_t magnitude = bits & kMagnitude;
            const std::uint32_t isFinite = magnitude < kInfinity ? 1u : 0u;
            finite += isFinite;
            half += fitsHalf(magnitude) & isFinite;
            brain += ((bits & 0xFFFFu) == 0 ? 1u : 0u) & isFinite;
        }
        counts.nonFinite += size - finite;
        counts.fitsF16 += half;
        counts.fitsBf16 += brain;
    }
    return counts;
}

std::size_t firstNonFinite(std::span<const float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if ((std::bit_cast<std::uint32_t>(values[i]) & kMagnitude) >= kInfinity) return i;
    }
    return values.size();
}

}  // namespace gridscope
