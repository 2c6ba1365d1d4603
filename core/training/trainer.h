// SPDX-License-Identifier: GPL-3.0-or-later

// Trains a GPT-NeoX model: next-token loss, AdamW, checkpoints on the way, resumable bit by bit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/base/expected.h"
#include "core/base/progress.h"
#include "core/base/types.h"
#include "core/training/training_settings.h"

namespace gridscope {

/// Learning rate of the update that produces a step (1, 2, ...).
using LearningRate = std::function<double(std::int64_t step)>;

/// One update as it happened.
struct TrainingPoint {
    TrainingStep step;          ///< that the update produced
    double loss = 0.0;          ///< mean cross-entropy before the update, nats per token
    double gradientNorm = 0.0;  ///< before clipping
    double learningRate = 0.0;
};

enum class AfterSave { Continue, Stop };

/// Takes what a run produces. Called from the thread that trains.
class CheckpointSink {
public:
    virtual ~CheckpointSink() = default;
    /// Keeps the weights of `step`. The tensors are valid during the call only. After a kill the
    /// run may save a step once more: bit-identical, so replacing it is right.
    /// @return Stop ends the run after this step (as convergence monitors do); an error ends it too
    virtual Expected<AfterSave> save(TrainingStep step, std::span<const NamedTensor> tensors) = 0;
    /// After every update.
    virtual void updated(const TrainingPoint&) {}
};

struct TrainingResult {
    TrainingStep step;                        ///< that the run ended at
    std::optional<TrainingStep> resumedFrom;  ///< step of the state file, if one was used
    double loss = 0.0;                        ///< of the last update made; NaN if there was none
    double secondsPerStep = 0.0;              ///< mean over the updates of this call
    int threads = 1;                          ///< cores used
    std::vector<Warning> warnings;
};

/// Runs or resumes a training run. Polls `stop` per matrix product of the forward pass and per
/// micro-batch; a stop keeps the last whole step in the state file. Denormal numbers count as zero
/// on the threads of the run while it lasts. Takes trainingMemoryBytes; ask checkTrainingMemory
/// before.
/// Same settings, schedule, machine and threads give the same bits, interrupted or not.
/// Errors: those of checkTrainingSettings; trajectory.locked (another process trains with this
/// state file); output.exists (fresh start over a state file); training.state; training.diverged
/// (where: the step; neither checkpoint nor state of a bad step is written); run.cancelled;
/// memory.failed; those of the sink and of the files
Expected<TrainingResult> train(const TrainingSettings& settings, const LearningRate& learningRate,
                               CheckpointSink& sink, ProgressSink& progress,
                               const std::stop_token& stop);

}  // namespace gridscope
