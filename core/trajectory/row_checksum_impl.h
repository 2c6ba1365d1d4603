// SPDX-License-Identifier: GPL-3.0-or-later

// The checksum that stands beside every row, so that a damaged value cannot pass for a measured
// one.
#pragma once

#include <string>

#include "core/trajectory/image_shape_impl.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// SHA-256 (hex) over the values of `row` as a file of this plan and shape stores them: fixed
/// order, little-endian, texts with their length, missing values as one NaN pattern, absent
/// arrays as all missing. Histograms count only for the grids that store them.
std::string rowChecksum(const ProbeRecord& row, const Trajectory& plan, const ImageShape& shape);

}  // namespace gridscope
