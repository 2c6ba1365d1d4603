// SPDX-License-Identifier: GPL-3.0-or-later

// Conditions of a fork experiment from text: one by one, or as a sweep that calibrates the bump.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/training/fork_design.h"

namespace gridscope {

/// "NAME=cosine", "sgdr:period=10000", "oli:eta=1e-3,bump=75,cool=300" (cli.md). Without NAME the
/// name is the form's; where forms repeat, eta, bump and cool or a number are added to it.
/// @param base what the texts do not name
/// Errors: settings.syntax, settings.range (where: the text)
Expected<std::vector<ForkCondition>> parseForkConditions(const std::vector<std::string>& texts,
                                                         const ScheduleSettings& base);

/// One oli condition for every bump rate with every "BUMP+COOL" period, named
/// "oli-0.001-75-300".
/// Errors: settings.syntax, settings.range
Expected<std::vector<ForkCondition>> oliSweep(const std::vector<double>& rates,
                                              const std::vector<std::string>& periods,
                                              const ScheduleSettings& base);

}  // namespace gridscope
