// SPDX-License-Identifier: GPL-3.0-or-later

// What the snapshots of a Hugging Face cache are called.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint/checkpoint_label.h"

namespace gridscope {

/// The label of one snapshot and the run it belongs to.
struct SnapshotName {
    CheckpointLabel label;
    std::string run;
    std::vector<std::string> aliases;  ///< the other refs of its commit
};

/// What a snapshot can be named after.
struct SnapshotNaming {
    std::string repository;         ///< "ORG/NAME"
    std::string commit;             ///< 40 hex digits, or empty for a ref without one
    std::vector<std::string> refs;  ///< those of the commit
    std::string outerFolder;        ///< name of the folder around a cache of one step, or empty
};

/// The folder around the cache if it has a step (formats.md 2.1, layout 2), else the first ref with
/// a step, else the repository name with a step, else the first ref, else the commit.
SnapshotName nameSnapshot(const SnapshotNaming& naming);

}  // namespace gridscope
