// SPDX-License-Identifier: GPL-3.0-or-later

// The inner loops over the weights of one group, compiled for several instruction sets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/quant/group_rule_impl.h"
#include "core/quant/matrix_statistics.h"

namespace gridscope {

/// Sixteen partial sums each, whatever the width of the processor's vectors: so every instruction
/// set adds the same numbers in the same order.
struct alignas(64) SweepSums {
    std::array<double, 16> weight{};          ///< sum w^2
    std::array<double, 16> error{};           ///< sum (w - w')^2
    std::array<double, 16> absResidual{};     ///< sum |r|
    std::array<double, 16> squareResidual{};  ///< sum r^2
    std::array<std::int32_t, 16> edge{};      ///< count |r| > 0.4; one block stays far below 2^31
};

/// Counts, several copies of each table: two equal weights in a row then do not wait for the
/// store of the other's count.
struct SweepHistograms {
    static constexpr std::size_t kCopies = 4;
    static constexpr std::size_t kJointCodes = 16;
    using JointTable = std::array<std::uint32_t, kJointCodes * kResidualBins>;
    /// Up to 4 bits: entry code * 64 + bin, one increment per weight for both histograms.
    std::array<JointTable, kCopies> joint{};
    /// Above 4 bits a joint table would not stay in the first cache.
    std::array<std::array<std::uint32_t, 256>, kCopies> codes{};
    std::array<std::array<std::uint32_t, kResidualBins>, kCopies> residuals{};
};

/// One group (or the part of it in one row) of `count` weights.
struct GroupTask {
    const float* weights = nullptr;
    std::size_t count = 0;
    const GroupRule* rule = nullptr;
    float* dequantized = nullptr;   ///< [count], or null
    std::uint8_t* codes = nullptr;  ///< [count], or null
};

struct FlipCounts {
    std::uint64_t codes = 0;
    std::uint64_t levels = 0;
};

/// Range of `count` >= 1 weights; `finite` is false if any is NaN or infinite.
GroupRange groupRange(const float* weights, std::size_t count);

/// Values and codes only.
void roundGroup(const GroupTask& task);

/// Values, codes and all statistics. Up to 4 bits go to `histograms.joint`, others to the rest.
void sweepGroup(const GroupTask& task, SweepSums& sums, SweepHistograms& histograms);

/// Weights whose code changed, and whose level code - zero-point changed.
/// @param zeroPointShift zero-point now minus zero-point before
FlipCounts countFlips(const std::uint8_t* now, const std::uint8_t* before, std::size_t count,
                      double zeroPointShift);

/// Sixteen partial sums added up, always in the same order.
double sumOfLanes(const std::array<double, 16>& lanes);

}  // namespace gridscope
