// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/trajectory_image_impl.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope {

Expected<LoadedTrajectory> readTrajectory(FileOps& ops, const std::filesystem::path& file) {
    auto bytes = readWholeFile(ops, file, kMaxImageBytes);
    if (!bytes) {
        Error error = std::move(bytes).error();
        if (error.code == ErrorCode::FileTooLarge) error.code = ErrorCode::TrajectoryLimit;
        return error;
    }
    auto content = readTrajectoryImage(*bytes);
    if (!content) return content.error().inside(file.string());
    std::vector<Warning> warnings;
    if (!content->hasDigest)
        warnings.push_back({ErrorCode::TrajectoryVerify, file.string(),
                            "another program has written to the file; the rows agree with their "
                            "checksums, plan and analysis have none"});
    auto whole = wholeTrajectory(std::move(content).value());
    if (!whole) return whole.error().inside(file.string());
    return LoadedTrajectory{std::make_shared<const Trajectory>(std::move(whole).value()),
                            std::move(warnings)};
}

}  // namespace gridscope
