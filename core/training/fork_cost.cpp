// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>

#include "core/training/fork_prepare_impl.h"
#include "core/training/gpt_neox_parameters_impl.h"

namespace gridscope {

namespace {

/// Share of the rate of bare matrix products that training and probing reach (bench).
constexpr double kReached = 0.7;
/// What a block costs in a micro-batch however small it is, forward and backward, in seconds:
/// measured with the demo model.
constexpr double kBlockSeconds = 2e-3;

/// Multiply-add operations of a forward pass per token, twice: matrices, head and causal attention.
double forwardFlopPerToken(const ModelConfig& model, double length) {
    const auto hidden = static_cast<double>(model.hidden);
    const double block = 4.0 * hidden * hidden +
                         2.0 * hidden * static_cast<double>(model.intermediate) + hidden * length;
    return 2.0 * (static_cast<double>(model.layers) * block +
                  hidden * static_cast<double>(model.vocabularyRows));
}

double freeBytesOf(FileOps& ops, std::filesystem::path folder) {
    std::error_code ignored;
    while (!std::filesystem::exists(folder, ignored) && folder.has_parent_path() &&
           folder != folder.parent_path())
        folder = folder.parent_path();
    std::uint64_t bytes = 0;
    if (ops.freeBytes(folder.empty() ? "." : folder, bytes) < 0) return 0.0;
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
    const auto probes = static_cast<double>(forkProbeSteps(design).size());
    const auto length = static_cast<double>(design.length);
    const auto evalLength = static_cast<double>(fork.windows.length);
    const double evalTokens = static_cast<double>(fork.windows.count) * evalLength;
    const auto parameters = static_cast<double>(gptNeoxLayout(model).totalSize);

    ForkCost cost;
    cost.tokens = runs * static_cast<double>(design.tokensPerRun());
    // The backward pass is two products for each of the forward pass.
    cost.trainFlop = 3.0 * cost.tokens * forwardFlopPerToken(model, length);
    cost.probeFlop = runs * probes * evalTokens * forwardFlopPerToken(model, evalLength) *
                     static_cast<double>(1 + fork.request.probe.grids.size());
    const double microBatches = runs * static_cast<double>(design.steps * design.accumulate);
    cost.seconds = (cost.trainFlop + cost.probeFlop) / (kReached * flopPerSecond) +
                   microBatches * static_cast<double>(model.layers) * kBlockSeconds;
    // Weights and two moments in a state, twice while it is replaced; the kept checkpoints.
    const double kept =
        fork.request.keep == KeepWeights::All ? runs * probes : runs + 1.0;
    cost.diskBytes = 4.0 * parameters * (6.0 + kept);
    // Weights, gradients, two moments and the starting weights; activations that autograd keeps of
    // each block, and two chunks of logits.
    const double rows = static_cast<double>(design.batch) * length;
    const double activations =
        rows * static_cast<double>(model.layers) *
        (10.0 * static_cast<double>(model.hidden) + 3.0 * static_cast<double>(model.intermediate));
    const double logits =
        2.0 * std::min(rows, 1024.0) * static_cast<double>(model.vocabularyRows);
    const double tokens = 2.0 * static_cast<double>(fork.tokens.size());  // a run has its own copy
    cost.memoryBytes = 4.0 * (5.0 * parameters + activations + logits + tokens);
    cost.freeDiskBytes = freeBytesOf(ops, fork.request.out);
    cost.freeMemoryBytes = static_cast<double>(availableMemory());
    return cost;
}

}  // namespace gridscope
