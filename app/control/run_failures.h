// SPDX-License-Identifier: GPL-3.0-or-later

// Everything that went wrong in a run: what its rows keep, and what its last probe reported.
#pragma once

#include <vector>

#include "core/base/error.h"
#include "core/trajectory/record.h"

namespace gridscope::app {

/// One error a failed row, read back from the text that the row keeps; the label is in `where`.
std::vector<Error> rowFailures(const Trajectory& trajectory);

/// `reported`, then the failed rows that it does not speak of. `trajectory` may be null.
std::vector<Error> runFailures(const Trajectory* trajectory, const std::vector<Error>& reported);

}  // namespace gridscope::app
