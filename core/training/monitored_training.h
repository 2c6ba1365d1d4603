// SPDX-License-Identifier: GPL-3.0-or-later

// Training that follows its own validation loss (`train --monitor`).
#pragma once

#include <functional>
#include <string>

#include "core/text/eval_windows.h"
#include "core/training/stretches.h"
#include "core/training/training_monitor.h"

namespace gridscope {

/// FP32 cross-entropy of the checkpoint in `folder` on `windows`, nats per token.
/// Errors: those of scanFolder, loadModelWeights and Scorer
Expected<double> validationLoss(FileOps& ops, const std::filesystem::path& folder,
                                const EvalWindows& windows, int threads,
                                const std::stop_token& stop);

/// Trains in stretches and shows `monitor` the validation loss of every saved checkpoint, after a
/// resume of those that are still there too.
/// @param tell gets a sentence for each
/// Errors: those of trainInStretches and validationLoss
Expected<TrainingResult> trainMonitored(FileOps& ops, TrainingSettings settings,
                                        const LearningRate& learningRate, CheckpointFolder& folder,
                                        const EvalWindows& windows, TrainingMonitor& monitor,
                                        const std::function<void(const std::string&)>& tell,
                                        ProgressSink& progress, const std::stop_token& stop);

}  // namespace gridscope
