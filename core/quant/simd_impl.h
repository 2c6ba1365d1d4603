// SPDX-License-Identifier: GPL-3.0-or-later

// Sixteen floats as one value, in the vector extension of GCC and clang, and how functions that
// use it are compiled for several instruction sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// The widest set the processor has is chosen when the program starts. Sanitizers instrument the
// chooser, which runs before they are ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GRIDSCOPE_KERNEL __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GRIDSCOPE_KERNEL
#endif
#define GRIDSCOPE_INLINE __attribute__((always_inline)) inline

namespace gridscope::simd {

inline constexpr std::size_t kLanes = 16;

using Floats = float __attribute__((vector_size(64)));
using Doubles = double __attribute__((vector_size(128)));
using Integers = std::int32_t __attribute__((vector_size(64)));
using Words = std::uint16_t __attribute__((vector_size(32)));
using Bytes = std::uint8_t __attribute__((vector_size(16)));

template <class Vector>
GRIDSCOPE_INLINE Vector load(const void* from) {
    Vector value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template <class Vector>
GRIDSCOPE_INLINE void store(void* to, const Vector& value) {
    std::memcpy(to, &value, sizeof value);
}

template <class Vector>
GRIDSCOPE_INLINE Vector smaller(const Vector& a, const Vector& b) {
    return a < b ? a : b;
}

template <class Vector>
GRIDSCOPE_INLINE Vector larger(const Vector& a, const Vector& b) {
    return a > b ? a : b;
}

GRIDSCOPE_INLINE Integers bitsOf(const Floats& value) { return load<Integers>(&value); }
GRIDSCOPE_INLINE Floats fromBits(const Integers& bits) { return load<Floats>(&bits); }
GRIDSCOPE_INLINE Floats magnitude(const Floats& value) {
    return fromBits(bitsOf(value) & 0x7fffffff);
}

GRIDSCOPE_INLINE Doubles widened(const Floats& value) {
    return __builtin_convertvector(value, Doubles);
}

/// Sixteen partial sums as two values that each fit one register of the widest set.
struct PartialSums {
    using Half = double __attribute__((vector_size(64)));
    Half low = {};
    Half high = {};
};

GRIDSCOPE_INLINE void addTo(PartialSums& sums, const Doubles& terms) {
    sums.low += __builtin_shufflevector(terms, terms, 0, 1, 2, 3, 4, 5, 6, 7);
    sums.high += __builtin_shufflevector(terms, terms, 8, 9, 10, 11, 12, 13, 14, 15);
}

/// The sixteen numbers added up in a fixed order: halves, quarters, eighths.
GRIDSCOPE_INLINE double total(const PartialSums& sums) {
    using Half = PartialSums::Half;
    const Half eight = sums.low + sums.high;
    const Half four = eight + __builtin_shufflevector(eight, eight, 4, 5, 6, 7, 4, 5, 6, 7);
    const Half two = four + __builtin_shufflevector(four, four, 2, 3, 2, 3, 2, 3, 2, 3);
    return two[0] + two[1];
}

/// Lane i of the result is lane i + distance of `value`, as far as there is one.
template <class Vector>
GRIDSCOPE_INLINE Vector shiftedDown(const Vector& value, std::int32_t distance) {
    const Integers lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return __builtin_shuffle(value, (lane + distance) & 15);
}

template <class Vector>
GRIDSCOPE_INLINE auto smallestLane(Vector value) {
    for (std::int32_t distance = 8; distance > 0; distance /= 2)
        value = smaller(value, shiftedDown(value, distance));
    return value[0];
}

template <class Vector>
GRIDSCOPE_INLINE auto largestLane(Vector value) {
    for (std::int32_t distance = 8; distance > 0; distance /= 2)
        value = larger(value, shiftedDown(value, distance));
    return value[0];
}

}  // namespace gridscope::simd
