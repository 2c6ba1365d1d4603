// SPDX-License-Identifier: GPL-3.0-or-later

// The lengths of every dataset of a trajectory file, and the check that rows have them.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// Histograms are stored for the first grids of a plan, so that a rewrite stays small.
inline constexpr std::size_t kHistogramGrids = 8;

struct ImageShape {
    std::size_t rows = 0;
    std::size_t windows = 0;
    std::size_t layers = 0;
    std::size_t blocks = 0;
    std::vector<std::size_t> codes;  ///< by grid: length of its code histogram, 0 = not known
    std::vector<bool> histograms;    ///< by grid: whether its histograms are stored
};

/// The shape of the file that holds `trajectory`.
ImageShape shapeOf(const Trajectory& trajectory);

/// Bits in a grid id such as `a4g128:minmax`; 0 if it states none.
int bitsOfGridId(std::string_view id);

/// Whether everything in `row` has a place in a file of this plan and shape: lengths, known grids,
/// texts without NUL. Errors: internal.failed naming the row, because callers build rows.
Expected<void> checkRowFits(const ProbeRecord& row, const Trajectory& plan,
                            const ImageShape& shape);

/// Puts rows into the order of the file: stage, step, label.
void sortRows(std::vector<std::shared_ptr<const ProbeRecord>>& rows);

/// Whether every value is missing, so that the file cannot tell it from "never measured".
bool isEmptyMoments(const std::vector<MatrixMoments>& layers);
bool isEmptyStatistics(const std::vector<GridStatistics>& layers);
bool isEmptyArray(const std::vector<float>& values);
bool isEmptyScores(const GridScores& scores);

}  // namespace gridscope
