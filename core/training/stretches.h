// SPDX-License-Identifier: GPL-3.0-or-later

// Trains from one saved checkpoint to the next, with room between them for measuring.
#pragma once

#include <functional>

#include "core/training/checkpoint_folder.h"
#include "core/training/trainer.h"

namespace gridscope {

/// Called with a step whose checkpoint and state are on disk; outside of the trainer, so that what
/// it computes has its own threads and its own treatment of denormal numbers.
/// @return Stop ends the run
using BetweenStretches = std::function<Expected<AfterSave>(TrainingStep step)>;

/// Like train, but returns to `between` after every save step behind the first. A run with
/// `between` has the same bits as one without.
/// @pre settings.stateFile is not empty: each stretch resumes from it
/// Errors: those of train and of `between`
Expected<TrainingResult> trainInStretches(TrainingSettings settings,
                                          const LearningRate& learningRate,
                                          CheckpointFolder& folder, ProgressSink& progress,
                                          const std::stop_token& stop,
                                          const BetweenStretches& between);

}  // namespace gridscope
