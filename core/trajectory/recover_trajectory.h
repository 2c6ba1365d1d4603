// SPDX-License-Identifier: GPL-3.0-or-later

// Saves the readable rows of a damaged trajectory into a new file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

struct RecoveryReport {
    std::size_t rowsKept = 0;
    std::size_t rowsLost = 0;
    std::string reason;  ///< what is wrong with the first lost row; empty if none is lost
};

/// Copies the rows of `damaged` before the first bad one to `target`, which must not exist.
/// `damaged` is not written. HDF5 1.10.8 can crash on broken structure, so a program that must
/// live on calls this in a child process. A file whose columns cannot be read at all has no
/// readable rows; its `.bak` may. Errors: those of readTrajectory that concern the whole file,
/// output.exists, output.not-writable, trajectory.no-data (not one good row), and those of a
/// commit.
Expected<RecoveryReport> recoverTrajectory(FileOps& ops, const std::filesystem::path& damaged,
                                           const std::filesystem::path& target);

}  // namespace gridscope
