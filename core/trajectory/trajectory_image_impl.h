// SPDX-License-Identifier: GPL-3.0-or-later

// A trajectory file as bytes in memory: HDF5 itself never reads or writes a disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/trajectory/record.h"

namespace gridscope {

inline constexpr std::string_view kTrajectoryFormat = "gridscope-trajectory";
inline constexpr std::int64_t kTrajectoryVersion = 1;
/// Larger files are refused, since they are held in memory as a whole.
inline constexpr std::uint64_t kMaxImageBytes = std::uint64_t{1} << 30;

/// The whole file (trajectory.md, section 1), with its digest behind it. Errors: internal.failed,
/// memory.failed, trajectory.limit.
Expected<std::string> writeTrajectoryImage(const Trajectory& trajectory);

/// What an image holds, with the verdict on each row.
struct ImageContent {
    Trajectory trajectory;
    std::vector<std::string> storedChecksums;  ///< [n], in the order of trajectory.rows
    std::size_t firstBadRow = 0;  ///< number of leading rows that agree with their checksum
    std::string firstBadReason;   ///< empty when all rows are good
    bool hasDigest = false;       ///< false: another program has written to the file since
};

/// Recover reads what it can of a file whose digest disagrees, at the risk of a crash in HDF5.
enum class DigestRule { Required, Ignored };

/// Reads every dataset and checks lengths, values and row checksums. Rows that disagree do not
/// fail here, so that the ones before them can be recovered: see `firstBadRow`.
/// Errors: trajectory.format, trajectory.foreign, trajectory.newer, trajectory.damaged,
/// trajectory.limit.
Expected<ImageContent> readTrajectoryImage(std::string_view bytes,
                                           DigestRule rule = DigestRule::Required);

/// trajectory.damaged for an image with a bad row, else its trajectory.
Expected<Trajectory> wholeTrajectory(ImageContent content);

}  // namespace gridscope
