// SPDX-License-Identifier: GPL-3.0-or-later

// The error for a matrix with NaN or infinite weights.
#pragma once

#include "core/base/error.h"
#include "core/quant/matrix_view.h"

namespace gridscope {

/// weights.not-finite with the first place as [row, column] and the number of such weights; the
/// caller puts the tensor's name before it.
Error notFiniteError(MatrixView weight);

}  // namespace gridscope
