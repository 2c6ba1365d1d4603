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

/// All ones if the condition holds. Selecting by such masks keeps the loops free of branches, which
/// GCC 12 would otherwise bring back and then not vectorize.
inline std::uint32_t maskOf(bool condition) { return 0u - static_cast<std::uint32_t>(condition); }

inline std::uint32_t select(std::uint32_t mask, std::uint32_t ifSet, std::uint32_t ifClear) {
    return (ifSet & mask) | (ifClear & ~mask);
}

inline float widenHalf(std::uint32_t half) {
    const std::uint32_t sign = (half & 0x8000u) << 16;
    const std::uint32_t magnitude = (half & 0x7FFFu) << 13;
    // A subnormal half is m 2^-24: put m into the fraction of 2^-14 and take 2^-14 off again.
    // No subnormal float appears, so the result does not depend on a flush-to-zero mode.
    const float subnormal = std::bit_cast<float>((magnitude & 0x7FFFFFu) | kHalfSmallestNormal) -
                            std::bit_cast<float>(kHalfSmallestNormal);
    // The exponents are biased by 15 and 127; that of infinities and NaNs is all ones in both.
    const std::uint32_t special = maskOf(magnitude >= (31u << 23));
    const std::uint32_t normal = magnitude + (112u << 23) + (special & (112u << 23));
    const std::uint32_t isSubnormal = maskOf(magnitude < (1u << 23));
    return std::bit_cast<float>(
        select(isSubnormal, std::bit_cast<std::uint32_t>(subnormal), normal) | sign);
}

/// All ones if the finite magnitude survives a round trip through half.
inline std::uint32_t fitsHalf(std::uint32_t magnitude) {
    // Between 0.5 and 1 floats are 2^-24 apart, as subnormal halves are. The addition sees small
    // values only, so that nothing overflows.
    const std::uint32_t isSmall = maskOf(magnitude < kHalfSmallestNormal);
    const float spaced = std::bit_cast<float>(magnitude & isSmall) + 0.5f;
    const std::uint32_t back = std::bit_cast<std::uint32_t>(spaced - 0.5f);
    const std::uint32_t normalFits =
        maskOf((magnitude & 0x1FFFu) == 0) & maskOf(magnitude <= kHalfLargest);
    return select(isSmall, maskOf(back == magnitude), normalFits);
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
            const std::uint32_t isFinite = maskOf(magnitude < kInfinity);
            // Subtracting all ones adds one.
            finite -= isFinite;
            half -= fitsHalf(magnitude) & isFinite;
            brain -= maskOf((bits & 0xFFFFu) == 0) & isFinite;
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
