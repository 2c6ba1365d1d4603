// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -ffp-contract=off (see CMakeLists.txt).

#include "core/quant/matrix_moments.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <new>
#include <string>
#include <vector>

#include "core/quant/group_layout_impl.h"
#include "core/quant/matrix_sweep_impl.h"
#include "core/quant/moments_kernel_impl.h"
#include "core/quant/not_finite_impl.h"

namespace gridscope {

namespace {

struct BlockMoments {
    MatrixMoments moments;  ///< count, mean, central sums and absmax
    double energy = 0.0;
    MovementSums movement;
};

/// The 99th percentile, linear between the neighbouring order statistics. Reorders `values`.
double percentile99(std::vector<float>& values) {
    const double place = 0.99 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::ptrdiff_t>(place);
    std::nth_element(values.begin(), values.begin() + below, values.end());
    const double lower = values[static_cast<std::size_t>(below)];
    if (below + 1 == static_cast<std::ptrdiff_t>(values.size())) return lower;
    const double upper = *std::min_element(values.begin() + below + 1, values.end());
    return lower + (upper - lower) * (place - static_cast<double>(below));
}

void fillRanges(std::vector<float>& ranges, MatrixMoments& out) {
    // Groups without a range (all zero) are marked by NaN.
    std::erase_if(ranges, [](float range) { return std::isnan(range); });
    if (ranges.empty()) return;
    double sum = 0.0;
    for (const float range : ranges) sum += range;
    out.rangeOverRmsMean = sum / static_cast<double>(ranges.size());
    out.rangeOverRmsP99 = percentile99(ranges);
}

double excessKurtosis(const MatrixMoments& moments) {
    if (moments.m2Sum == 0.0) return kNotMeasured;
    return moments.count * moments.m4Sum / (moments.m2Sum * moments.m2Sum) - 3.0;
}

class MomentsSweep {
public:
    MomentsSweep(MatrixView weight, std::span<const float> previous)
        : m_weights(weight.data),
          m_previous(previous),
          m_layout(makeGroupLayout(Grid{}, weight.rows, weight.columns)),
          m_blocks(static_cast<std::size_t>(m_layout.blocks)),
          m_ranges(static_cast<std::size_t>(m_layout.groups)) {}

    /// False if a weight is not finite.
    bool run(const ParallelFor& parallelFor) {
        runParallel(parallelFor, m_layout.blocks, [this](std::int64_t begin, std::int64_t end) {
            for (std::int64_t block = begin; block < end && m_finite; ++block) runBlock(block);
        });
        return m_finite;
    }

    MatrixMoments result() {
        BlockMoments all = m_blocks.front();
        for (std::size_t i = 1; i < m_blocks.size(); ++i) {
            all.moments = joinedMoments(all.moments, m_blocks[i].moments);
            all.moments.absmax = std::max(all.moments.absmax, m_blocks[i].moments.absmax);
            all.energy += m_blocks[i].energy;
            all.movement.change += m_blocks[i].movement.change;
            all.movement.previous += m_blocks[i].movement.previous;
        }
        MatrixMoments out = all.moments;
        out.sd = std::sqrt(out.m2Sum / out.count);
        out.kurtosis = excessKurtosis(out);
        out.norm = std::sqrt(all.energy);
        if (!m_previous.empty() && all.movement.previous > 0.0)
            out.movement = std::sqrt(all.movement.change / all.movement.previous);
        fillRanges(m_ranges, out);
        return out;
    }

private:
    void runBlock(std::int64_t block) {
        const std::int64_t firstRow = block * m_layout.rowsPerBlock;
        const std::int64_t endRow = std::min(firstRow + m_layout.rowsPerBlock, m_layout.rows);
        const std::int64_t offset = firstRow * m_layout.columns;
        const auto count = static_cast<std::size_t>((endRow - firstRow) * m_layout.columns);
        BlockMoments& out = m_blocks[static_cast<std::size_t>(block)];
        double sum = 0.0;
        float absmax = 0.0F;
        for (std::int64_t row = firstRow; row < endRow; ++row) {
            const PlainSums sums = plainSums(m_weights + row * m_layout.columns,
                                             static_cast<std::size_t>(m_layout.columns),
                                             static_cast<std::size_t>(m_layout.groupLength),
                                             m_ranges.data() + m_layout.groupIndex(row, 0));
            if (!std::isfinite(sums.energy)) {
                m_finite = false;
                return;
            }
            sum += sums.sum;
            out.energy += sums.energy;
            absmax = std::max(absmax, sums.absmax);
        }
        const CentralSums central =
            centralSums(m_weights + offset, count, sum / static_cast<double>(count));
        out.moments.count = static_cast<double>(count);
        out.moments.mean = sum / out.moments.count;
        out.moments.absmax = absmax;
        out.moments.m2Sum = central.second;
        out.moments.m3Sum = central.third;
        out.moments.m4Sum = central.fourth;
        if (!m_previous.empty())
            out.movement = movementSums(m_weights + offset, m_previous.data() + offset, count);
    }

    const float* m_weights;
    std::span<const float> m_previous;
    const GroupLayout m_layout;
    std::vector<BlockMoments> m_blocks;
    std::vector<float> m_ranges;
    std::atomic<bool> m_finite{true};
};

}  // namespace

MatrixMoments joinedMoments(const MatrixMoments& left, const MatrixMoments& right) {
    if (left.count == 0.0) return right;
    if (right.count == 0.0) return left;
    const double a = left.count;
    const double b = right.count;
    const double n = a + b;
    const double delta = right.mean - left.mean;
    const double delta2 = delta * delta;
    MatrixMoments out = left;
    out.count = n;
    out.mean = left.mean + delta * b / n;
    out.m2Sum = left.m2Sum + right.m2Sum + delta2 * a * b / n;
    out.m3Sum = left.m3Sum + right.m3Sum + delta2 * delta * a * b * (a - b) / (n * n) +
                3.0 * delta * (a * right.m2Sum - b * left.m2Sum) / n;
    out.m4Sum = left.m4Sum + right.m4Sum +
                delta2 * delta2 * a * b * (a * a - a * b + b * b) / (n * n * n) +
                6.0 * delta2 * (a * a * right.m2Sum + b * b * left.m2Sum) / (n * n) +
                4.0 * delta * (a * right.m3Sum - b * left.m3Sum) / n;
    return out;
}

double pooledKurtosis(std::span<const MatrixMoments> matrices) {
    MatrixMoments all;
    for (const MatrixMoments& matrix : matrices) all = joinedMoments(all, matrix);
    return excessKurtosis(all);
}

Expected<MatrixMoments> matrixMoments(MatrixView weight, std::span<const float> previous,
                                      const ParallelFor& parallelFor) {
    if (weight.rows < 1 || weight.columns < 1) {
        return Error{ErrorCode::SettingsRange, "matrix", "expected at least one weight", {}};
    }
    if (!previous.empty() && previous.size() != weight.values().size()) {
        return Error{ErrorCode::SettingsRange,
                     "previous matrix",
                     "expected " + std::to_string(weight.elements()) + " weights, found " +
                         std::to_string(previous.size()),
                     {}};
    }
    try {
        MomentsSweep sweep(weight, previous);
        if (!sweep.run(parallelFor)) return notFiniteError(weight);
        MatrixMoments moments = sweep.result();
        // Finite weights move by a finite amount unless the previous ones were not finite.
        if (!previous.empty() && std::isnan(moments.movement)) {
            const MatrixView before{previous.data(), weight.rows, weight.columns};
            for (const float value : previous) {
                if (!std::isfinite(value)) return notFiniteError(before).inside("previous matrix");
            }
        }
        return moments;
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, "weight moments", "not enough memory", {}};
    } catch (const std::exception& exception) {
        return Error{ErrorCode::Internal, "weight moments", escapeForDisplay(exception.what()), {}};
    }
}

}  // namespace gridscope
