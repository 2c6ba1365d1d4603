// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -ffp-contract=off (see CMakeLists.txt).

#include "core/quant/moments_kernel_impl.h"

#include <algorithm>
#include <cmath>

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

GRIDSCOPE_KERNEL PlainSums plainSums(const float* weights, std::size_t count,
                                     std::size_t groupLength, float* rangeOverRms) {
    PartialSums sum;
    PlainSums out;
    for (std::size_t begin = 0; begin < count; begin += groupLength) {
        const std::size_t end = begin + groupLength < count ? begin + groupLength : count;
        PartialSums energy;
        Floats low = Floats{} + weights[begin];
        Floats high = low;
        std::size_t i = begin;
        for (; i + kLanes <= end; i += kLanes) {
            const Floats values = load<Floats>(weights + i);
            const Doubles wide = widened(values);
            addTo(sum, wide);
            addTo(energy, wide * wide);
            low = smaller(low, values);
            high = larger(high, values);
        }
        if (i < end) {
            const Doubles wide = widened(loadTail(weights + i, end - i, 0.0F));
            addTo(sum, wide);
            addTo(energy, wide * wide);
            const Floats values = loadTail(weights + i, end - i, weights[begin]);
            low = smaller(low, values);
            high = larger(high, values);
        }
        const double groupEnergy = total(energy);
        const float smallest = smallestLane(low);
        const float largest = largestLane(high);
        const double range = static_cast<double>(largest) - static_cast<double>(smallest);
        const double rms = std::sqrt(groupEnergy / static_cast<double>(end - begin));
        *rangeOverRms++ = static_cast<float>(range / rms);
        out.energy += groupEnergy;
        out.absmax = std::max({out.absmax, largest, -smallest});
    }
    out.sum = total(sum);
    return out;
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
