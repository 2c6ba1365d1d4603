// SPDX-License-Identifier: GPL-3.0-or-later

// The data a figure shows as CSV.
#pragma once

#include <string>

namespace gridscope::views {

class FigureRenderer;

/// `#` lines with the provenance, then one line of columns `name [unit]`, then the rows; numbers
/// are the shortest texts that read back as the same double, missing values are empty.
std::string figureCsv(const FigureRenderer& figure);

}  // namespace gridscope::views
