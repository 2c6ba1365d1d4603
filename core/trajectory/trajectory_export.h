// SPDX-License-Identifier: GPL-3.0-or-later

// A trajectory as text: JSON and CSV for programs, a table for people.
#pragma once

#include <string>

#include "core/trajectory/record.h"

namespace gridscope {

enum class LayerDetail { Without, With };

/// The document of `show --json` (cli.md); non-finite numbers and unknown steps are null, names
/// as in the schema. With layers, one entry per matrix and checkpoint. Ends with a newline.
std::string trajectoryToJson(const Trajectory& trajectory, LayerDetail layers);

/// One line per checkpoint, or per checkpoint and matrix. Columns: `label`, `step`, ...,
/// `fp32_ppl`, `kurtosis_mean`, ..., then `<grid id>.<metric>`; `import` reads them again. Missing
/// is empty, C locale, quoted after RFC 4180.
std::string trajectoryToCsv(const Trajectory& trajectory, LayerDetail layers);

/// Aligned columns: step, label, status, FP32 perplexity, mean kurtosis and the gap with half its
/// 95 % interval per grid.
std::string trajectoryToTable(const Trajectory& trajectory);

}  // namespace gridscope
