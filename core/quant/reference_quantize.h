// SPDX-License-Identifier: GPL-3.0-or-later

// The same grids as fake_quantize.h, written as whole-tensor operations of libtorch: the plain
// statement that the fused kernel is checked against, and the path for other devices.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/expected.h"
#include "core/quant/fake_quantize.h"

namespace gridscope {

struct ReferenceQuantized {
    std::vector<float> values;     ///< w' [rows * columns]
    std::vector<float> residuals;  ///< r [rows * columns]; empty for the noise control
    QuantizedCodes codes;          ///< empty for controls
};

/// Maps a weight matrix onto a grid and back on the CPU. Codes, scales, zero-points and values
/// are bit for bit those of quantizeMatrix(); values of the noise control agree to rounding,
/// since its energies are added in another order.
/// @param seed of the control grids
/// Errors: weights.not-finite, settings.range, memory.failed
Expected<ReferenceQuantized> referenceQuantize(MatrixView weight, const Grid& grid,
                                               std::uint64_t seed);

}  // namespace gridscope
