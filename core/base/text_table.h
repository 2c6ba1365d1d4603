// SPDX-License-Identifier: GPL-3.0-or-later

// Lines of cells as columns that line up on a terminal.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace gridscope {

/// Two blanks between columns, no blanks at the end of a line; every line ends with one. Cells are
/// UTF-8, counted in code points.
/// @param lines the first is the heading; all have as many cells as it
/// @param textColumns columns whose cells begin at the left; the others end at the right
std::string alignedColumns(const std::vector<std::vector<std::string>>& lines,
                           const std::set<std::size_t>& textColumns);

}  // namespace gridscope
