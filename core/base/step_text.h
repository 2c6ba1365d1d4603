// SPDX-License-Identifier: GPL-3.0-or-later

// Training steps and counts as text: whole numbers stay whole, where the shortest text would be
// "1e+05".
#pragma once

#include <cstdint>
#include <string>

namespace gridscope {

/// "100000"; a step that is no whole number below 2^53 as formatNumber writes it.
std::string formatStep(double step);

/// 65536 as "65,536", for sentences.
std::string formatGrouped(std::uint64_t number);

}  // namespace gridscope
