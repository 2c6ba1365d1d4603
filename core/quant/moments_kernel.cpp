// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -ffp-contract=off (see CMakeLists.txt).

#include "core/quant/moments_kernel_impl.h"

#include "core/quant/simd_impl.h"

namespace gridscope {

namespace {

using namespace simd;

/// Up to 16 values; the lanes beyond `count` hold `filler`.
GRIDSCOPE_INLINE Floats loadTail(const float* from, std::size_t count, float filler) {
    Floats values = Floats{} + filler;
    std::memcpy(&values, from, count * sizeof(float));
    return values;
}

}  // namespace

GRIDSCOPE_KERNEL PlainSums plainSums(const float* weights, std::size_t count) {
    PartialSums sum;
    PartialSums energy;
    Floats low = Floats{} + weights[0];
    Floats high = low;
    Integers sizeBits = {};
    for (std::size_t i = 0; i < count; i += kLanes) {
        const bool full = i + kLanes <= count;
        const Floats values =
            full ? load<Floats>(weights + i) : loadTail(weights + i, count - i, 0.0F);
        const Doubles wide = widened(values);
        addTo(sum, wide);
        addTo(energy, wide * wide);
        sizeBits = larger(sizeBits, bitsOf(values) & 0x7fffffff);
        const Floats inside = full ? values : loadTail(weights + i, count - i, weights[0]);
        low = smaller(low, inside);
        high = larger(high, inside);
    }
    PlainSums sums;
    sums.sum = total(sum);
    sums.energy = total(energy);
    sums.low = smallestLane(low);
    sums.high = largestLane(high);
    sums.finite = largestLane(sizeBits) < 0x7f800000;
    return sums;
}

GRIDSCOPE_KERNEL CentralSums centralSums(const float* weights, std::size_t count, double mean) {
    PartialSums second;
    PartialSums third;
    PartialSums fourth;
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const Doubles distance = widened(load<Floats>(weights + i)) - mean;
        const Doubles square = distance * distance;
        addTo(second, square);
        addTo(third, square * distance);
        addTo(fourth, square * square);
    }
    CentralSums sums{total(second), total(third), total(fourth)};
    for (; i < count; ++i) {
        const double distance = weights[i] - mean;
        const double square = distance * distance;
        sums.second += square;
        sums.third += square * distance;
        sums.fourth += square * square;
    }
    return sums;
}

GRIDSCOPE_KERNEL MovementSums movementSums(const float* weights, const float* previous,
                                           std::size_t count) {
    PartialSums change;
    PartialSums energy;
    for (std::size_t i = 0; i < count; i += kLanes) {
        const bool full = i + kLanes <= count;
        const Floats now =
            full ? load<Floats>(weights + i) : loadTail(weights + i, count - i, 0.0F);
        const Floats before =
            full ? load<Floats>(previous + i) : loadTail(previous + i, count - i, 0.0F);
        const Doubles wideBefore = widened(before);
        const Doubles distance = widened(now) - wideBefore;
        addTo(change, distance * distance);
        addTo(energy, wideBefore * wideBefore);
    }
    return {total(change), total(energy)};
}

}  // namespace gridscope
