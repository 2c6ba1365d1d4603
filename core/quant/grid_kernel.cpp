// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -ffp-contract=off (see CMakeLists.txt).

#include "core/quant/grid_kernel_impl.h"

#include <algorithm>
#include <cmath>

#include "core/quant/simd_impl.h"

namespace gridscope {

namespace {

using namespace simd;

constexpr float kRoundingMagic = 12582912.0F;   // 1.5 2^23
constexpr float kLargestFraction = 8388608.0F;  // 2^23: from here on every float is an integer
/// |r| > 0.4 in double is |r| >= 0.4F in float: 0.4F is the first float above 0.4.
constexpr float kEdge = 0.4F;

/// Per code: the distance to the next level up and down, for residuals of nf4 in local widths.
struct NormalFloatGaps {
    alignas(64) std::array<float, 16> up{};
    alignas(64) std::array<float, 16> down{};
};

constexpr NormalFloatGaps makeNormalFloatGaps() {
    NormalFloatGaps gaps;
    for (std::size_t i = 0; i < 16; ++i) {
        gaps.up[i] = i < 15 ? kNormalFloatLevels[i + 1] - kNormalFloatLevels[i] : 1.0F;
        gaps.down[i] = i > 0 ? kNormalFloatLevels[i] - kNormalFloatLevels[i - 1] : 1.0F;
    }
    return gaps;
}

constexpr NormalFloatGaps kNormalFloatGaps = makeNormalFloatGaps();

struct Rounded {
    Floats residual;
    Floats code;
    Floats value;
};

/// Half to even for |t| below 2^22. A zero may come out with the other sign, which no result shows.
GRIDSCOPE_INLINE Floats nearestEven(const Floats& t) {
    return (t + kRoundingMagic) - kRoundingMagic;
}

/// Half to even for every finite t.
GRIDSCOPE_INLINE Floats nearestEvenWide(const Floats& t) {
    const Floats size = magnitude(t);
    const Floats small = (size + kLargestFraction) - kLargestFraction;
    const Floats rounded = size < kLargestFraction ? small : size;
    return fromBits(bitsOf(rounded) | (bitsOf(t) & static_cast<std::int32_t>(0x80000000U)));
}

GRIDSCOPE_INLINE Floats truncated(const Floats& t) {
    return __builtin_convertvector(__builtin_convertvector(t, Integers), Floats);
}

GRIDSCOPE_INLINE void roundToCodebook(const GroupRule& rule, const Floats& t, Rounded& out) {
    Integers code = {};
    for (std::size_t i = 0; i < 15; ++i) code -= t > normalFloatThreshold(i);
    const Floats level = __builtin_shuffle(load<Floats>(kNormalFloatLevels.data()), code);
    const Floats up = __builtin_shuffle(load<Floats>(kNormalFloatGaps.up.data()), code);
    const Floats down = __builtin_shuffle(load<Floats>(kNormalFloatGaps.down.data()), code);
    const Floats distance = t - level;
    const Floats residual = distance / (distance > 0.0F ? up : down);
    const Floats half = Floats{} + 0.5F;
    out.residual = larger(smaller(residual, half), -half);
    out.code = __builtin_convertvector(code, Floats);
    out.value = level * rule.valueScale;
}

template <RoundingRule kRule>
GRIDSCOPE_INLINE void roundWeights(const GroupRule& rule, const Floats& weights, Rounded& out) {
    const Floats t = (weights - rule.shift) / rule.divisor;
    if constexpr (kRule == RoundingRule::Codebook) {
        roundToCodebook(rule, t, out);
        return;
    }
    if constexpr (kRule == RoundingRule::RandomPhase) {
        const Floats shifted = t - rule.phase;
        const Floats nearest = nearestEvenWide(shifted);
        out.residual = shifted - nearest;
        out.code = Floats{};
        out.value = (nearest + rule.phase) * rule.divisor;
        return;
    }
    const Floats nearest =
        kRule == RoundingRule::NearestEvenWide ? nearestEvenWide(t) : nearestEven(t);
    out.residual = t - nearest;
    Floats code = nearest + rule.zero;
    if constexpr (kRule == RoundingRule::Truncate) code = truncated(t + rule.zero);
    if constexpr (kRule == RoundingRule::HalfAway) {
        // Only ties differ from half to even: move those that went towards zero one level out.
        const Floats one = Floats{} + 1.0F;
        const Floats none = {};
        code += ((out.residual == 0.5F) & (t > 0.0F)) ? one : none;
        code -= ((out.residual == -0.5F) & (t < 0.0F)) ? one : none;
    }
    const Floats low = Floats{} + rule.low;
    const Floats high = Floats{} + rule.high;
    out.code = smaller(larger(code, low), high);
    out.value = (out.code - rule.levelZero) * rule.valueScale + rule.valueShift;
}

/// floor((r + 0.5) 64), the upper end in the last bin. r + 0.5 would round; 64 r does not.
GRIDSCOPE_INLINE Integers residualBin(const Floats& residual) {
    const Floats scaled = residual * 64.0F;
    Integers bin = __builtin_convertvector(scaled, Integers);
    bin += __builtin_convertvector(bin, Floats) > scaled;  // true is -1
    bin += 32;
    return smaller(bin, Integers{} + 63);
}

/// The sums of a group in registers.
struct Registers {
    PartialSums weight, error, absResidual, squareResidual;
    Integers edge;
};

GRIDSCOPE_INLINE void addSums(Registers& sums, const Floats& weights, const Rounded& rounded) {
    const Floats size = magnitude(rounded.residual);
    const Doubles weight = widened(weights);
    const Doubles error = weight - widened(rounded.value);
    const Doubles residual = widened(size);
    addTo(sums.weight, weight * weight);
    addTo(sums.error, error * error);
    addTo(sums.absResidual, residual);
    addTo(sums.squareResidual, residual * residual);
    sums.edge -= size >= kEdge;
}

/// Table entries of some weights, kept until they are counted: counting straight from the vector
/// takes an instruction or two more per weight to get at its lanes.
struct PendingCounts {
    static constexpr std::size_t kCapacity = 512;
    alignas(64) std::array<std::uint16_t, kCapacity> bins;  ///< or code * 64 + bin
    alignas(64) std::array<std::uint16_t, kCapacity> codes;
    std::size_t count = 0;
};

template <bool kJoint>
GRIDSCOPE_INLINE void keepCounts(PendingCounts& pending, const Rounded& rounded) {
    const Integers bin = residualBin(rounded.residual);
    const Integers code = __builtin_convertvector(rounded.code, Integers);
    if constexpr (kJoint) {
        store(&pending.bins[pending.count], __builtin_convertvector(code * 64 + bin, Words));
    } else {
        store(&pending.bins[pending.count], __builtin_convertvector(bin, Words));
        store(&pending.codes[pending.count], __builtin_convertvector(code, Words));
    }
    pending.count += kLanes;
}

template <class Tables, std::size_t kSize>
GRIDSCOPE_INLINE void countAll(Tables& tables, const std::array<std::uint16_t, kSize>& entries,
                               std::size_t count) {
    static_assert(SweepHistograms::kCopies == 4);
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        ++tables[0][entries[i]];
        ++tables[1][entries[i + 1]];
        ++tables[2][entries[i + 2]];
        ++tables[3][entries[i + 3]];
    }
    for (; i < count; ++i) ++tables[0][entries[i]];
}

/// Counts the first `count` pending weights and forgets all.
template <bool kJoint>
GRIDSCOPE_INLINE void countPending(PendingCounts& pending, std::size_t count,
                                   SweepHistograms& histograms) {
    if constexpr (kJoint) {
        countAll(histograms.joint, pending.bins, count);
    } else {
        countAll(histograms.residuals, pending.bins, count);
        countAll(histograms.codes, pending.codes, count);
    }
    pending.count = 0;
}

GRIDSCOPE_INLINE Bytes codeBytes(const Rounded& rounded) {
    return __builtin_convertvector(__builtin_convertvector(rounded.code, Integers), Bytes);
}

template <RoundingRule kRule>
GRIDSCOPE_INLINE void roundAll(const GroupTask& task) {
    Rounded rounded;
    std::size_t i = 0;
    for (; i + kLanes <= task.count; i += kLanes) {
        roundWeights<kRule>(*task.rule, load<Floats>(task.weights + i), rounded);
        if (task.dequantized != nullptr) store(task.dequantized + i, rounded.value);
        if (task.codes != nullptr) store(task.codes + i, codeBytes(rounded));
    }
    const std::size_t left = task.count - i;
    if (left == 0) return;
    Floats weights = {};
    std::memcpy(&weights, task.weights + i, left * sizeof(float));
    roundWeights<kRule>(*task.rule, weights, rounded);
    const Bytes codes = codeBytes(rounded);
    if (task.dequantized != nullptr)
        std::memcpy(task.dequantized + i, &rounded.value, left * sizeof(float));
    if (task.codes != nullptr) std::memcpy(task.codes + i, &codes, left);
}

/// The last weights of a group whose length is no multiple of 16: the lanes beyond it add 0.
template <RoundingRule kRule, bool kJoint>
GRIDSCOPE_INLINE void sweepTail(const GroupTask& task, std::size_t begin, Registers& sums,
                                PendingCounts& pending) {
    const std::size_t left = task.count - begin;
    Floats weights = {};
    std::memcpy(&weights, task.weights + begin, left * sizeof(float));
    Rounded rounded;
    roundWeights<kRule>(*task.rule, weights, rounded);
    const Bytes codes = codeBytes(rounded);
    if (task.dequantized != nullptr)
        std::memcpy(task.dequantized + begin, &rounded.value, left * sizeof(float));
    if (task.codes != nullptr) std::memcpy(task.codes + begin, &codes, left);
    keepCounts<kJoint>(pending, rounded);
    const Integers lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const Integers used = lane < static_cast<std::int32_t>(left);
    rounded.residual = used ? rounded.residual : Floats{};
    rounded.value = used ? rounded.value : Floats{};
    addSums(sums, weights, rounded);
}

template <RoundingRule kRule, bool kJoint>
GRIDSCOPE_INLINE void sweepAll(const GroupTask& task, SweepSums& memory,
                               SweepHistograms& histograms) {
    Registers sums;
    sums.weight = load<PartialSums>(memory.weight.data());
    sums.error = load<PartialSums>(memory.error.data());
    sums.absResidual = load<PartialSums>(memory.absResidual.data());
    sums.squareResidual = load<PartialSums>(memory.squareResidual.data());
    sums.edge = load<Integers>(memory.edge.data());
    PendingCounts pending;
    Rounded rounded;
    std::size_t i = 0;
    for (; i + kLanes <= task.count; i += kLanes) {
        const Floats weights = load<Floats>(task.weights + i);
        roundWeights<kRule>(*task.rule, weights, rounded);
        if (task.dequantized != nullptr) store(task.dequantized + i, rounded.value);
        if (task.codes != nullptr) store(task.codes + i, codeBytes(rounded));
        addSums(sums, weights, rounded);
        keepCounts<kJoint>(pending, rounded);
        if (pending.count == PendingCounts::kCapacity)
            countPending<kJoint>(pending, pending.count, histograms);
    }
    const std::size_t whole = pending.count;
    if (i < task.count) sweepTail<kRule, kJoint>(task, i, sums, pending);
    countPending<kJoint>(pending, whole + (task.count - i), histograms);
    store(memory.weight.data(), sums.weight);
    store(memory.error.data(), sums.error);
    store(memory.absResidual.data(), sums.absResidual);
    store(memory.squareResidual.data(), sums.squareResidual);
    store(memory.edge.data(), sums.edge);
}

template <RoundingRule kRule>
GRIDSCOPE_INLINE void sweepEither(const GroupTask& task, SweepSums& sums,
                                  SweepHistograms& histograms) {
    if (task.rule->high < static_cast<float>(SweepHistograms::kJointCodes)) {
        sweepAll<kRule, true>(task, sums, histograms);
    } else {
        sweepAll<kRule, false>(task, sums, histograms);
    }
}

float firstPeak(const float* weights, std::size_t count, float absmax) {
    return *std::find_if(weights, weights + count,
                         [absmax](float weight) { return std::fabs(weight) == absmax; });
}

}  // namespace

GRIDSCOPE_KERNEL GroupRange groupRange(const float* weights, std::size_t count) {
    constexpr std::int32_t kInfinityBits = 0x7f800000;
    Floats low = Floats{} + weights[0];
    Floats high = low;
    Integers sizeBits = {};
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const Floats values = load<Floats>(weights + i);
        low = smaller(low, values);
        high = larger(high, values);
        sizeBits = larger(sizeBits, bitsOf(values) & 0x7fffffff);
    }
    if (i < count) {
        Floats values = Floats{} + weights[0];
        std::memcpy(&values, weights + i, (count - i) * sizeof(float));
        low = smaller(low, values);
        high = larger(high, values);
        sizeBits = larger(sizeBits, bitsOf(values) & 0x7fffffff);
    }
    GroupRange range;
    range.low = smallestLane(low);
    range.high = largestLane(high);
    range.finite = largestLane(sizeBits) < kInfinityBits;
    if (!range.finite) return range;
    range.absmax = std::max(-range.low, range.high) + 0.0F;  // never -0
    range.peak = range.absmax == range.high ? range.high : range.low;
    if (range.high == -range.low) range.peak = firstPeak(weights, count, range.absmax);
    return range;
}

GRIDSCOPE_KERNEL void roundGroup(const GroupTask& task) {
    switch (task.rule->rounding) {
    case RoundingRule::NearestEven:
        return roundAll<RoundingRule::NearestEven>(task);
    case RoundingRule::NearestEvenWide:
        return roundAll<RoundingRule::NearestEvenWide>(task);
    case RoundingRule::Truncate:
        return roundAll<RoundingRule::Truncate>(task);
    case RoundingRule::HalfAway:
        return roundAll<RoundingRule::HalfAway>(task);
    case RoundingRule::RandomPhase:
        return roundAll<RoundingRule::RandomPhase>(task);
    case RoundingRule::Codebook:
        return roundAll<RoundingRule::Codebook>(task);
    }
}

GRIDSCOPE_KERNEL void sweepGroup(const GroupTask& task, SweepSums& sums,
                                 SweepHistograms& histograms) {
    switch (task.rule->rounding) {
    case RoundingRule::NearestEven:
        return sweepEither<RoundingRule::NearestEven>(task, sums, histograms);
    case RoundingRule::NearestEvenWide:
        return sweepEither<RoundingRule::NearestEvenWide>(task, sums, histograms);
    case RoundingRule::Truncate:
        return sweepAll<RoundingRule::Truncate, true>(task, sums, histograms);
    case RoundingRule::HalfAway:
        return sweepAll<RoundingRule::HalfAway, false>(task, sums, histograms);
    case RoundingRule::RandomPhase:
        return sweepEither<RoundingRule::RandomPhase>(task, sums, histograms);
    case RoundingRule::Codebook:
        return sweepAll<RoundingRule::Codebook, true>(task, sums, histograms);
    }
}

GRIDSCOPE_KERNEL FlipCounts countFlips(const std::uint8_t* now, const std::uint8_t* before,
                                       std::size_t count, double zeroPointShift) {
    // A shift that no two codes can have between them changes every level.
    const bool levelsComparable = std::fabs(zeroPointShift) <= 255.0;
    const int shift = levelsComparable ? static_cast<int>(zeroPointShift) : 256;
    FlipCounts flips;
    constexpr std::size_t kPiece = 1U << 16;
    for (std::size_t begin = 0; begin < count; begin += kPiece) {
        const std::size_t end = std::min(begin + kPiece, count);
        std::uint32_t codes = 0;
        std::uint32_t levels = 0;
        for (std::size_t i = begin; i < end; ++i) {
            codes += now[i] != before[i] ? 1U : 0U;
            levels += now[i] - before[i] != shift ? 1U : 0U;
        }
        flips.codes += codes;
        flips.levels += levels;
    }
    return flips;
}

double sumOfLanes(const std::array<double, 16>& lanes) {
    return total(load<PartialSums>(lanes.data()));
}

}  // namespace gridscope
