// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>

#include "core/training/fork_prepare_impl.h"
#include "core/training/training_cost.h"

namespace gridscope {

namespace {

/// Share of the rate of bare matrix products that probing reaches (bench).
constexpr double kReached = 0.7;
/// What a block costs in a batch of windows however small it is, in seconds.
constexpr double kBlockSeconds = 3e-4;
constexpr double kWindowsAtOnce = 4.0;

/// On the disk of the nearest folder above that exists.
double freeBytesOf(FileOps& ops, const std::filesystem::path& wanted) {
    std::error_code ignored;
    std::filesystem::path folder = std::filesystem::absolute(wanted, ignored);
    while (!std::filesystem::exists(folder, ignored) && folder != folder.parent_path())
        folder = folder.parent_path();
    std::uint64_t bytes = 0;
    if (ops.freeBytes(folder, bytes) < 0) return 0.0;
    return static_cast<double>(bytes);
}

}  // namespace

ForkCost estimateForkCost(FileOps& ops, const PreparedFork& prepared, double flopPerSecond) {
    const PreparedFork::Impl& fork = prepared.impl();
    const ForkDesign& design = fork.design();
    const ModelConfig& model = fork.weights->config();
    const ForkFolder places(ops, fork.request.out);
    double runs = 0.0;
    for (const ForkRunId& run : forkRuns(design)) {
        const auto status = places.readStatus(forkRunName(design, run));
        if (!status || status->state == ForkRunState::Planned) runs += 1.0;
    }
    const TrainingSettings one = forkTrainingSettings(fork, {0, design.seeds.front()});
    const TrainingCost training = estimateTraining(one, flopPerSecond);
    const auto probes = static_cast<double>(forkProbeSteps(design).size());
    const auto windows = static_cast<double>(fork.windows.count);
    const auto length = static_cast<double>(fork.windows.length);
    const auto passes = static_cast<double>(1 + fork.request.probe.grids.size());
    const auto weights = static_cast<double>(weightBytes(model));

    ForkCost cost;
    cost.tokens = runs * training.tokens;
    cost.trainFlop = runs * training.flop;
    cost.probeFlop = runs * probes * windows * length * forwardFlopPerToken(model, length) * passes;
    cost.seconds = runs * training.seconds + cost.probeFlop / (kReached * flopPerSecond) +
                   runs * probes * passes * windows / kWindowsAtOnce *
                       static_cast<double>(model.layers) * kBlockSeconds;
    const double kept = fork.request.keep == KeepWeights::All ? runs * probes : runs + 2.0;
    cost.diskBytes = runs > 0.0 ? 2.0 * training.stateBytes + weights * kept : 0.0;
    // Training and probing follow each other; the checkpoint and the tokens stay.
    // A run has its own copy of the tokens. A probe holds weights, their rounded
    // scope and the hidden states twice.
    const double tokens = 8.0 * static_cast<double>(fork.tokens.size());
    const double probing =
        2.0 * weights + 8.0 * windows * length * static_cast<double>(model.hidden) + 3e8;
    cost.memoryBytes = weights + tokens + std::max(trainingMemoryBytes(one), probing);
    cost.freeDiskBytes = freeBytesOf(ops, fork.request.out);
    cost.freeMemoryBytes = static_cast<double>(availableMemory());
    return cost;
}

}  // namespace gridscope
