// SPDX-License-Identifier: GPL-3.0-or-later

// Rounds a weight matrix to a grid and back, and measures what that does, in one sweep on the CPU.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/quant/grid.h"
#include "core/quant/matrix_statistics.h"
#include "core/quant/matrix_view.h"
#include "core/quant/parallel_for.h"

namespace gridscope {

/// The codes of one matrix, kept from one checkpoint to the next to count flips.
struct QuantizedCodes {
    std::vector<std::uint8_t> codes;  ///< [rows * columns]; symmetric code k at k + 2^(bits-1)
    std::vector<float> scale;         ///< [groups]; 0 for a group that stays as it is
    /// [groups], so that the level is code - zeroPoint: the integer zero-point of asymmetric
    /// grids, 2^(bits-1) of symmetric ones, 0 of nf4 and of groups that stay as they are.
    /// For float-zero the real value of the middle level, for q4_1 the stored minimum.
    std::vector<float> zeroPoint;
};

enum class StatisticsMode {
    Full,  ///< everything in GridStatistics
    None   ///< values and codes only: the fast path before a perplexity pass
};

struct QuantizeOptions {
    /// Where the values w' go, [rows * columns]; empty = not written. May be the weights
    /// themselves, except for the noise control.
    std::span<float> dequantized;
    /// Receives codes, scales and zero-points; null = not kept. Ignored for controls.
    QuantizedCodes* codes = nullptr;
    /// Codes of the previous checkpoint on the same grid, for the flip statistics; null = none,
    /// ignored for controls and without statistics.
    /// May be the object `codes` points to: it is then replaced while it is compared.
    const QuantizedCodes* previous = nullptr;
    StatisticsMode statistics = StatisticsMode::Full;
    /// Of the control grids; see matrixSeed().
    std::uint64_t seed = 0;
    /// Who runs the threads; results do not depend on it. Empty = the calling thread.
    ParallelFor parallelFor;
};

/// Maps a weight matrix onto a grid and back.
/// Groups whose absmax exceeds a quarter of the largest float are computed on weights divided by
/// 16, so that the result stays finite; FP16 scales and minima saturate at 65504.
/// Residuals of nf4 are in units of the gap to the neighbouring level. Controls have no codes:
/// code statistics and flips stay unmeasured; the noise control has no residuals either.
/// @param weight  [out, in] FP32, at least one weight
/// @param grid    bits, symmetry, group, dialect, control
/// @param options outputs and what to compare with
/// @return statistics; with StatisticsMode::None all fields stay unmeasured
/// Errors: weights.not-finite (count, first index), settings.range (a grid that parseGrid would
/// refuse, spans or previous codes of another size)
/// Source: science.md, 1.1 and 1.5
Expected<GridStatistics> quantizeMatrix(MatrixView weight, const Grid& grid,
                                        const QuantizeOptions& options);

/// Number of groups of a [rows, columns] matrix: the length of QuantizedCodes::scale. Groups are
/// numbered row by row, for nf4 along the flattened tensor.
std::int64_t groupCount(const Grid& grid, std::int64_t rows, std::int64_t columns);

/// A seed for the controls of one tensor, so that tensors of equal shape get unrelated numbers.
std::uint64_t matrixSeed(std::uint64_t seed, std::string_view tensorName);

}  // namespace gridscope
