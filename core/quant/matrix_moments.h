// SPDX-License-Identifier: GPL-3.0-or-later

// Moments, ranges and movement of a weight matrix, independent of any grid.
#pragma once

#include <span>

#include "core/base/expected.h"
#include "core/quant/matrix_statistics.h"
#include "core/quant/matrix_view.h"
#include "core/quant/parallel_for.h"

namespace gridscope {

/// Moments of a matrix, sums in double. Small blocks are taken in two passes (mean, then central
/// powers) and joined by the update formulas of Pebay (SAND2008-6212), so the matrix is read once.
/// Ranges over RMS are those of groups of 128 inputs; groups of zeros do not count. The kurtosis
/// of a constant matrix and the movement from a zero matrix stay unmeasured.
/// @param weight   [out, in] FP32, at least one weight
/// @param previous [out * in] the same matrix of the previous checkpoint; empty = no movement
/// @param parallelFor who runs the threads; results do not depend on it
/// Errors: weights.not-finite (of either matrix), settings.range (sizes)
Expected<MatrixMoments> matrixMoments(MatrixView weight, std::span<const float> previous,
                                      const ParallelFor& parallelFor);

/// Excess kurtosis of all weights of all matrices in one sample; NaN if they are all equal.
double pooledKurtosis(std::span<const MatrixMoments> matrices);

/// Mean and central sums of two samples taken together (Pebay 2008, equations 3.1 with B one
/// sample); the other fields of the result are those of `left`.
MatrixMoments joinedMoments(const MatrixMoments& left, const MatrixMoments& right);

}  // namespace gridscope
