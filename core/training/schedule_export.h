// SPDX-License-Identifier: GPL-3.0-or-later

// Schedules as JSON, CSV and Python for other trainers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/training/schedule.h"

namespace gridscope {

/// {"points":[{"step":1000,"lr":0.00041958,"kind":"warmup"}, ...]}, no line end.
std::string scheduleToJson(const Schedule& schedule, std::span<const std::int64_t> steps);

/// "step,lr,kind" and one line a step.
std::string scheduleToCsv(const Schedule& schedule, std::span<const std::int64_t> steps);

/// A Python module without dependencies: learning_rate(step), the same function of the absolute
/// step, and lr_lambda(epoch) for torch.optim.lr_scheduler.LambdaLR over an optimizer whose lr is
/// BASE_LR (= lrMax). LambdaLR calls it with the number of updates done since the fork step, and
/// the next update produces step FORK_STEP + epoch + 1.
std::string scheduleToPython(const Schedule& schedule);

}  // namespace gridscope
