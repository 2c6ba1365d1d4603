// SPDX-License-Identifier: GPL-3.0-or-later

// Which checkpoints the selection helpers tick. Pure functions of the table's rows.
#pragma once

#include <vector>

#include "views/models/checkpoint_row.h"

namespace gridscope::views {

enum class TickRule { All, None, Invert, OnlyMissing, OnlyFailed };

std::vector<bool> ticksByRule(const std::vector<CheckpointRow>& rows, TickRule rule);
/// About `count` usable rows, evenly spaced in log(step + 1); the first and last are among them.
std::vector<bool> ticksLogSpaced(const std::vector<CheckpointRow>& rows, int count);
/// Every `n`-th usable row from the first; n >= 1.
std::vector<bool> ticksEveryNth(const std::vector<CheckpointRow>& rows, int n);

}  // namespace gridscope::views
