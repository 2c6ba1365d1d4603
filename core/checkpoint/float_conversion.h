// SPDX-License-Identifier: GPL-3.0-or-later

// Stored element types to FP32, and what the values look like, piece by piece.
#pragma once

#include <cstdint>
#include <span>

namespace gridscope {

/// IEEE half to single, exact: subnormals, signed zeros, infinities and NaN payloads are kept.
/// @param bits [n], @param into [n]
void widenF16(std::span<const std::uint16_t> bits, std::span<float> into);

/// bfloat16 to single, exact. @param bits [n], @param into [n]
void widenBf16(std::span<const std::uint16_t> bits, std::span<float> into);

/// Double to single, to nearest even. Returns how many values changed (NaN not counted).
std::uint64_t narrowF64(std::span<const double> values, std::span<float> into);

/// Counts over some values; sums of pieces give the counts of the whole.
struct ValueCounts {
    std::uint64_t nonFinite = 0;
    std::uint64_t fitsF16 = 0;   ///< finite and unchanged by a round trip through half
    std::uint64_t fitsBf16 = 0;  ///< finite and unchanged by a round trip through bfloat16
};

ValueCounts countValues(std::span<const float> values);

/// Index of the first infinite or NaN value, or `values.size()`.
std::size_t firstNonFinite(std::span<const float> values);

}  // namespace gridscope
