// SPDX-License-Identifier: GPL-3.0-or-later

// What a training run takes, before it starts: work, time, memory, disk.
#pragma once

#include <cstdint>

#include "core/training/training_settings.h"

namespace gridscope {

struct TrainingCost {
    double tokens = 0.0;      ///< that the run trains on
    double flop = 0.0;        ///< forward and backward
    double seconds = 0.0;     ///< at the given rate of matrix products
    double stateBytes = 0.0;  ///< of a state file; twice that while it is replaced
};
/// @param flopPerSecond that matrix products reach with the threads of the run
TrainingCost estimateTraining(const TrainingSettings& settings, double flopPerSecond);

/// Operations of a forward pass per token, a multiply-add being two: matrices,
/// head and attention over windows of `length`.
double forwardFlopPerToken(const ModelConfig& model, double length);

/// Rows whose logits are held at once, of `rows` in all: 64 MiB in FP32. Fewer rows make the
/// products of the head slower, more of them bring nothing.
std::int64_t headChunkRows(std::int64_t rows, std::int64_t vocabulary);

/// Bytes that train() takes beside what its caller holds: weights, gradients,
/// two moments, and what autograd keeps of one micro-batch.
double trainingMemoryBytes(const TrainingSettings& settings);

/// Errors: memory.estimate when that is more than 80 % of the free memory.
Expected<void> checkTrainingMemory(const TrainingSettings& settings);

/// Updates between two writes of the state file: about five minutes of work, so
/// that a kill costs no more; 1 to 1,000.
std::int64_t stateInterval(const TrainingSettings& settings);

}  // namespace gridscope
