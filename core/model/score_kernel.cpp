// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/score_kernel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

// Sixteen lanes whatever the instruction set, and no contraction (set in CMake), so that every
// clone adds the same numbers in the same order and gives the same bits.
#define GRIDSCOPE_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define GRIDSCOPE_INLINE __attribute__((always_inline)) inline

namespace gridscope {

namespace {

constexpr std::int64_t kLanes = 16;
/// Vectors added in float before a flush to double: keeps the sums good to about 1e-8.
constexpr std::int64_t kFlush = 8;

using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));
using LaneSums = std::array<double, kLanes>;

GRIDSCOPE_INLINE void load(Floats& into, const float* from) {
    std::memcpy(&into, from, sizeof(Floats));
}

/// The first `count` of 16 values, the others `padding`.
GRIDSCOPE_INLINE void loadTail(Floats& into, const float* from, std::int64_t count, float padding) {
    std::array<float, kLanes> buffer{};
    buffer.fill(padding);
    std::memcpy(buffer.data(), from, static_cast<std::size_t>(count) * sizeof(float));
    load(into, buffer.data());
}

/// exp(x) for x <= 0: x = n ln 2 + r, a polynomial of degree 6 in r (Taylor coefficients; the
/// relative error stays below 2e-7), then 2^n by the exponent bits. Below -87 it gives 0.
GRIDSCOPE_INLINE void exponential(Floats& x) {
    constexpr float kLog2E = 1.44269504f;
    constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    const Ints tiny = x < -87.0f;
    const Ints notNumber = x != x;
    const Floats shifted = x * kLog2E + kRound;
    const Floats n = shifted - kRound;
    Floats r = x - n * kLn2High;
    r = r - n * kLn2Low;
    Floats p = r * (1.0f / 720.0f) + (1.0f / 120.0f);
    p = p * r + (1.0f / 24.0f);
    p = p * r + (1.0f / 6.0f);
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    Ints bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    // The low bits of `shifted` hold n; moved into the exponent field they scale by 2^n.
    bits = bits << 23;
    Ints scaled;
    std::memcpy(&scaled, &p, sizeof scaled);
    scaled = scaled + bits;
    scaled = tiny ? Ints{} : scaled;
    scaled = notNumber ? Ints{} + 0x7FC00000 : scaled;  // a NaN must stay one
    std::memcpy(&x, &scaled, sizeof x);
}

GRIDSCOPE_INLINE void flush(Floats& sums, LaneSums& total) {
    std::array<float, kLanes> lanes;
    std::memcpy(lanes.data(), &sums, sizeof lanes);
    for (std::size_t i = 0; i < lanes.size(); ++i) total[i] += static_cast<double>(lanes[i]);
    sums = Floats{};
}

GRIDSCOPE_INLINE double totalOf(const LaneSums& lanes) {
    double total = 0.0;
    for (const double lane : lanes) total += lane;
    return total;
}

GRIDSCOPE_INLINE float maximumOf(const float* values, std::int64_t count) {
    constexpr float kLowest = -std::numeric_limits<float>::infinity();
    Floats best = Floats{} + kLowest;
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        Floats x;
        load(x, values + i);
        best = x > best ? x : best;
    }
    std::array<float, kLanes> lanes;
    std::memcpy(lanes.data(), &best, sizeof lanes);
    float maximum = kLowest;
    for (const float lane : lanes) maximum = lane > maximum ? lane : maximum;
    for (; i < count; ++i) maximum = values[i] > maximum ? values[i] : maximum;
    return maximum;
}

/// Raises the running maximum of `row` to cover this block, rescales its sum, notes the target.
GRIDSCOPE_INLINE void raiseMaximum(const float* logits, std::int64_t count, std::int64_t first,
                                   std::int64_t target, RowScore& row) {
    const float maximum = maximumOf(logits, count);
    row.rescale = 1.0f;
    if (maximum > row.maximum) {
        const float* found = std::find(logits, logits + count, maximum);
        row.argmax = first + (found - logits);
        row.rescale = std::exp(row.maximum - maximum);
        row.sum *= static_cast<double>(row.rescale);
        row.maximum = maximum;
    }
    if (target >= first && target < first + count) row.target = logits[target - first];
}

}  // namespace

double RowScore::logSumExp() const { return static_cast<double>(maximum) + std::log(sum); }

double rowDivergence(const RowScore& reference, const RowScore& variant) {
    return variant.cross / reference.sum - reference.logSumExp() + variant.logSumExp();
}

GRIDSCOPE_CLONES
void addReferenceBlock(const float* logits, std::int64_t count, std::int64_t first,
                       std::int64_t target, float* exponentials, RowScore& row) {
    raiseMaximum(logits, count, first, target, row);
    Floats sums{};
    LaneSums total{};
    std::int64_t i = 0;
    for (std::int64_t inFlight = 0; i + kLanes <= count; i += kLanes) {
        Floats x;
        load(x, logits + i);
        x = x - row.maximum;
        exponential(x);
        std::memcpy(exponentials + i, &x, sizeof x);
        sums = sums + x;
        if (++inFlight == kFlush) {
            flush(sums, total);
            inFlight = 0;
        }
    }
    if (i < count) {
        Floats x;
        loadTail(x, logits + i, count - i, -std::numeric_limits<float>::infinity());
        x = x - row.maximum;
        exponential(x);
        std::memcpy(exponentials + i, &x, static_cast<std::size_t>(count - i) * sizeof(float));
        sums = sums + x;
    }
    flush(sums, total);
    row.sum += totalOf(total);
}

GRIDSCOPE_CLONES
void addVariantBlock(const float* logits, const float* referenceLogits, const float* exponentials,
                     std::int64_t count, std::int64_t first, std::int64_t target,
                     const RowScore& reference, RowScore& row) {
    raiseMaximum(logits, count, first, target, row);
    row.cross *= static_cast<double>(reference.rescale);
    Floats sums{}, crossSums{};
    LaneSums total{}, crossTotal{};
    std::int64_t i = 0;
    for (std::int64_t inFlight = 0; i + kLanes <= count; i += kLanes) {
        Floats x, original, weight;
        load(x, logits + i);
        load(original, referenceLogits + i);
        load(weight, exponentials + i);
        crossSums = crossSums + weight * (original - x);
        x = x - row.maximum;
        exponential(x);
        sums = sums + x;
        if (++inFlight == kFlush) {
            flush(sums, total);
            flush(crossSums, crossTotal);
            inFlight = 0;
        }
    }
    if (i < count) {
        Floats x, original, weight;
        loadTail(x, logits + i, count - i, 0.0f);
        loadTail(original, referenceLogits + i, count - i, 0.0f);
        loadTail(weight, exponentials + i, count - i, 0.0f);
        crossSums = crossSums + weight * (original - x);
        loadTail(x, logits + i, count - i, -std::numeric_limits<float>::infinity());
        x = x - row.maximum;
        exponential(x);
        sums = sums + x;
    }
    flush(sums, total);
    flush(crossSums, crossTotal);
    row.sum += totalOf(total);
    row.cross += totalOf(crossTotal);
}

}  // namespace gridscope
