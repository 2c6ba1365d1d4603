// SPDX-License-Identifier: GPL-3.0-or-later

// The file a training run resumes from: step, weights and optimizer moments.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// What a state file says besides the numbers. The data order and the schedule are pure functions
/// of the step, so there is no generator state and no cursor to keep.
struct TrainingStateHeader {
    std::int64_t step = 0;
    int threads = 1;           ///< cores of the run; another count may round differently
    std::string settingsHash;  ///< trainingSettingsHash, 64 hex digits
};

/// Buffers of one length in the order of the flat layout.
struct TrainingStateBuffers {
    std::span<float> weights;
    std::span<float> firstMoments;
    std::span<float> secondMoments;
};

/// Makes `path` hold this state, completely or not at all (temporary file, fsync, rename).
/// Layout, little-endian: "GSTRAIN1", u64 step, u64 threads, 64 digits of the settings hash, u64
/// elements; then weights, first and second moments as F32; then 64 digits of the SHA-256 of all
/// that. Errors: output.not-writable, file.disk-full, file.write
Expected<void> writeTrainingState(FileOps& files, const std::filesystem::path& path,
                                  const TrainingStateHeader& header,
                                  const TrainingStateBuffers& buffers);

/// Reads a state into `buffers`, which have the length of the model; on an error their content is
/// undefined.
/// Errors: training.state (damaged, of other settings, of another size), file.*
Expected<TrainingStateHeader> readTrainingState(FileOps& files, const std::filesystem::path& path,
                                                const std::string& settingsHash,
                                                const TrainingStateBuffers& buffers);

}  // namespace gridscope
