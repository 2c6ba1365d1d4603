// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/exit_code.h"

namespace gridscope::app {

ExitCode exitCodeOf(ErrorCode code) {
    // A trajectory that cannot be read is unusable input; one that cannot be written is storage.
    switch (code) {
    case ErrorCode::TrajectoryFormat:
    case ErrorCode::TrajectoryDamaged:
    case ErrorCode::TrajectoryForeign:
    case ErrorCode::TrajectoryNewer:
    case ErrorCode::TrajectoryLimit:
    case ErrorCode::TrajectoryNoData:
    case ErrorCode::TrajectoryPlanMismatch:
        return ExitCode::InputUnusable;
    case ErrorCode::FileDiskFull:
    case ErrorCode::FileWrite:
        return ExitCode::StorageFailed;
    default:
        break;
    }
    switch (errorFamily(code)) {
    case ErrorFamily::Usage:
        return ExitCode::Usage;
    case ErrorFamily::Store:
        return ExitCode::StorageFailed;
    case ErrorFamily::Cancelled:
        return ExitCode::Cancelled;
    default:
        return ExitCode::InputUnusable;
    }
}

}  // namespace gridscope::app
