// SPDX-License-Identifier: GPL-3.0-or-later

// How a matrix is cut into groups, and into blocks of rows that are one piece of work each.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/quant/grid.h"
#include "core/quant/matrix_view.h"

namespace gridscope {

/// Rows here are runs of whole groups. For all dialects but nf4 they are the rows of the matrix;
/// nf4 cuts the flattened tensor into rows of its own. Blocks do not depend on the number of
/// threads, so sums over them do not either.
struct GroupLayout {
    std::int64_t rows = 0;
    std::int64_t columns = 0;  ///< of every row but perhaps the last one of nf4
    std::int64_t elements = 0;
    std::int64_t groupLength = 0;  ///< of every group but the last of a row, within a row
    std::int64_t groupsPerRow = 0;
    std::int64_t groups = 0;
    std::int64_t rowsPerBlock = 0;
    std::int64_t blocks = 0;
    bool oneGroup = false;  ///< the whole tensor shares scale and zero-point

    std::int64_t rowLength(std::int64_t row) const {
        return std::min(columns, elements - row * columns);
    }
    /// Number of the group that starts at `column` of `row`.
    std::int64_t groupIndex(std::int64_t row, std::int64_t column) const {
        return oneGroup ? 0 : row * groupsPerRow + column / groupLength;
    }
};

inline std::int64_t ceilDivide(std::int64_t count, std::int64_t size) {
    return (count + size - 1) / size;
}

inline GroupLayout makeGroupLayout(const Grid& grid, std::int64_t rows, std::int64_t columns) {
    // 64 KB of weights: a block and its results stay in the second cache.
    constexpr std::int64_t kBlockElements = 16384;
    GroupLayout layout;
    layout.elements = rows * columns;
    const auto length = static_cast<std::int64_t>(grid.groupLength(
        static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(layout.elements)));
    layout.oneGroup = grid.groupKind == GroupKind::Tensor;
    layout.rows = rows;
    layout.columns = columns;
    layout.groupLength = layout.oneGroup ? columns : length;
    if (grid.dialect == GridDialect::NormalFloat) {
        layout.columns = length * std::max<std::int64_t>(1, kBlockElements / length);
        layout.rows = ceilDivide(layout.elements, layout.columns);
    }
    layout.groupsPerRow = ceilDivide(layout.columns, layout.groupLength);
    layout.groups = layout.oneGroup ? 1 : layout.rows * layout.groupsPerRow;
    if (grid.dialect == GridDialect::NormalFloat)
        layout.groups = ceilDivide(layout.elements, length);
    layout.rowsPerBlock = std::max<std::int64_t>(1, kBlockElements / layout.columns);
    layout.blocks = ceilDivide(layout.rows, layout.rowsPerBlock);
    return layout;
}

}  // namespace gridscope
