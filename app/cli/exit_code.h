// SPDX-License-Identifier: GPL-3.0-or-later

// Exit codes of gridscope-cli and of gridscope figure.
#pragma once

#include "core/base/error_code.h"

namespace gridscope::app {

enum class ExitCode {
    Done = 0,
    Usage = 2,
    SomeFailed = 3,
    InputUnusable = 4,
    StorageFailed = 5,
    Converged = 10,  ///< monitor
    Diverging = 11,  ///< monitor
    Cancelled = 130
};

/// The exit code that an error of this kind ends the program with.
ExitCode exitCodeOf(ErrorCode code);

}  // namespace gridscope::app
