// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/recover_trajectory.h"

#include "core/trajectory/image_shape_impl.h"
#include "core/trajectory/trajectory_image_impl.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope {

Expected<RecoveryReport> recoverTrajectory(FileOps& ops, const std::filesystem::path& damaged,
                                           const std::filesystem::path& target) {
    if (const auto present = openForReading(ops, target);
        present || present.error().code != ErrorCode::FileMissing)
        return Error{ErrorCode::OutputExists, target.string(), "exists already",
                     "Give the name of a new file"};
    GRIDSCOPE_TRY_ASSIGN(bytes, readWholeFile(ops, damaged, kMaxImageBytes));
    auto content = readTrajectoryImage(bytes, DigestRule::Ignored);
    if (!content) return content.error().inside(damaged.string());
    RecoveryReport report;
    report.rowsKept = content->firstBadRow;
    report.rowsLost = content->trajectory.rows.size() - content->firstBadRow;
    report.reason = content->firstBadReason;
    Trajectory& trajectory = content->trajectory;
    trajectory.rows.resize(report.rowsKept);
    if (trajectory.rows.empty())
        return Error{ErrorCode::TrajectoryNoData, damaged.string(),
                     "not one row is readable: " + report.reason, "Try the .bak beside it"};
    const std::vector<std::shared_ptr<const ProbeRecord>> rows = trajectory.rows;
    GRIDSCOPE_TRY_ASSIGN(store, TrajectoryStore::open(ops, target, std::move(trajectory)));
    GRIDSCOPE_TRY(store->commit(rows));
    return report;
}

}  // namespace gridscope
