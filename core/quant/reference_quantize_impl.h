// SPDX-License-Identifier: GPL-3.0-or-later

// Fake quantization of tensors on any device; for core sources that already hold tensors.
#pragma once

#include <cstdint>

#include "core/model/torch_backend_impl.h"
#include "core/quant/grid.h"

namespace gridscope {

struct QuantizedTensor {
    at::Tensor values;     ///< w' [out, in]
    at::Tensor residuals;  ///< r [out, in]; undefined for the noise control
    at::Tensor codes;      ///< [out, in] uint8; undefined for controls
    at::Tensor scale;      ///< [groups], as in QuantizedCodes; undefined for controls
    at::Tensor zeroPoint;  ///< [groups], as in QuantizedCodes; undefined for controls
};

/// @param weight [out, in] FP32, contiguous, finite (not checked: that would stall a device)
/// @param seed   of the control grids
/// Throws c10::Error: the calling core source converts it.
QuantizedTensor quantizeTensor(const at::Tensor& weight, const Grid& grid, std::uint64_t seed);

/// The values alone, on the device of `weight`.
at::Tensor fakeQuantizeTensor(const at::Tensor& weight, const Grid& grid, std::uint64_t seed);

}  // namespace gridscope
