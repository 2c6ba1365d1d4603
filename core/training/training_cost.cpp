// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/training_cost.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/model/model_weights.h"
#include "core/training/gpt_neox_parameters_impl.h"

namespace gridscope {

namespace {

/// Share of the rate of bare matrix products that a pass reaches (bench).
constexpr double kReached = 0.7;
/// What a block costs in a micro-batch however small it is, forward and
/// backward, in seconds: measured with the demo model.
constexpr double kBlockSeconds = 1e-3;
/// Bytes that clipping and AdamW move for a weight, and how many of them a
/// second: one thread.
constexpr double kUpdateBytes = 36.0;
constexpr double kBytesPerSecond = 6e9;

double elementsOf(const ModelConfig& model) {
    return static_cast<double>(gptNeoxLayout(model).totalSize);
}

double flopPerUpdate(const TrainingSettings& settings) {
    // The backward pass is two products for each of the forward pass.
    return 3.0 * static_cast<double>(settings.tokensPerStep()) *
           forwardFlopPerToken(settings.model, static_cast<double>(settings.length));
}

double secondsPerUpdate(const TrainingSettings& settings, double flopPerSecond) {
    return flopPerUpdate(settings) / (kReached * flopPerSecond) +
           static_cast<double>(settings.accumulate * settings.model.layers) * kBlockSeconds +
           kUpdateBytes * elementsOf(settings.model) / kBytesPerSecond;
}

}  // namespace

double forwardFlopPerToken(const ModelConfig& model, double length) {
    const auto hidden = static_cast<double>(model.hidden);
    const double block = 4.0 * hidden * hidden +
                         2.0 * hidden * static_cast<double>(model.intermediate) + hidden * length;
    return 2.0 * (static_cast<double>(model.layers) * block +
                  hidden * static_cast<double>(model.vocabularyRows));
}

TrainingCost estimateTraining(const TrainingSettings& settings, double flopPerSecond) {
    const auto steps = static_cast<double>(settings.steps);
    TrainingCost cost;
    cost.tokens = steps * static_cast<double>(settings.tokensPerStep());
    cost.flop = steps * flopPerUpdate(settings);
    cost.seconds = steps * secondsPerUpdate(settings, flopPerSecond);
    cost.stateBytes = 3.0 * sizeof(float) * elementsOf(settings.model);
    return cost;
}

std::int64_t headChunkRows(std::int64_t rows, std::int64_t vocabulary) {
    constexpr std::int64_t kChunkLogits = std::int64_t{1} << 24;
    return std::clamp<std::int64_t>(kChunkLogits / vocabulary, 1, rows);
}

double trainingMemoryBytes(const TrainingSettings& settings) {
    const ModelConfig& model = settings.model;
    const double rows = static_cast<double>(settings.batch) * static_cast<double>(settings.length);
    // Of each block: its input, two norms, queries, keys and values as they come
    // and turned, the attention's output twice, and the MLP before and after its
    // activation.
    const double activations =
        rows * static_cast<double>(model.layers) *
        (13.0 * static_cast<double>(model.hidden) + 2.0 * static_cast<double>(model.intermediate));
    const double logits =
        2.0 *
        static_cast<double>(headChunkRows(settings.batch * settings.length, model.vocabularyRows)) *
        static_cast<double>(model.vocabularyRows);
    constexpr double kLibrary = 384.0 * (1 << 20);  // code and scratch of libtorch
    return sizeof(float) * (4.0 * elementsOf(model) + activations + logits) + kLibrary;
}

Expected<void> checkTrainingMemory(const TrainingSettings& settings) {
    constexpr double kShare = 0.8;
    const double needed = trainingMemoryBytes(settings);
    const double free = kShare * static_cast<double>(availableMemory());
    if (needed <= free) return {};
    const double most = 9e18;  // what the text can say
    return Error{ErrorCode::MemoryEstimate, "training",
                 "the run needs about " +
                     formatBytes(static_cast<std::uint64_t>(std::min(needed, most))) +
                     ", it may use " + formatBytes(static_cast<std::uint64_t>(free)),
                 "Make the micro-batch smaller and accumulate more"};
}

std::int64_t stateInterval(const TrainingSettings& settings) {
    constexpr double kSlowFlopPerSecond = 1e11;
    constexpr double kSeconds = 300.0;
    const double updates = kSeconds / secondsPerUpdate(settings, kSlowFlopPerSecond);
    return static_cast<std::int64_t>(std::clamp(updates, 1.0, 1000.0));
}

}  // namespace gridscope
