// SPDX-License-Identifier: GPL-3.0-or-later

// The condition syntax of the command line: "oli:eta=1e-3,bump=75,cool=300".
#pragma once

#include <string>
#include <string_view>

#include "core/training/schedule.h"

namespace gridscope {

/// FORM or FORM:key=value,key=value. "cosine" means neox-2023. What the text does not name is
/// taken from `base`, whose form is ignored.
///
/// Keys of every form: lr-max, lr-min, warmup, total, fork; sgdr: period, factor;
/// oli: eta, bump, cool, first (bump or cool); wsd: decay.
/// Errors: settings.syntax (unknown form, key or word; repeated key; no number),
/// settings.range (of Schedule::make); `where` is the text.
Expected<Schedule> parseSchedule(std::string_view text, const ScheduleSettings& base);

/// The text that gives the same settings on a base that differs only in what the form itself
/// asks for: "sgdr:period=10000". Every key of the form is written out.
std::string conditionText(const ScheduleSettings& settings);

/// The same with the keys of every form written out too: equal texts mean equal schedules.
std::string fullScheduleText(const ScheduleSettings& settings);

}  // namespace gridscope
