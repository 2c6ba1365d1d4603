// SPDX-License-Identifier: GPL-3.0-or-later

// What a training run is made of: model, tokens, recipe, starting weights, places.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/model/model_config.h"
#include "core/training/data_order.h"

namespace gridscope {

/// A tensor that somebody else keeps alive.
struct NamedTensor {
    std::string name;                 ///< as in checkpoint files (formats.md, 7.3)
    std::vector<std::int64_t> shape;  ///< as in checkpoint files
    std::span<const float> values;    ///< row-major, the product of `shape` many
};

/// How a run begins when its state file may exist already.
enum class RunStart {
    Fresh,   ///< an existing state file is an error
    Resume,  ///< go on from the state file; without one start afresh, with a warning
};

struct TrainingSettings {
    ModelConfig model;                  ///< gpt_neox
    std::vector<std::uint32_t> tokens;  ///< the training stream, at least length + 1 ids
    std::int64_t firstStep = 0;         ///< step of the starting weights; a fork begins later
    std::int64_t steps = 0;             ///< updates to make; the run ends at firstStep + steps
    std::int64_t batch = 8;             ///< windows of one micro-batch
    std::int64_t length = 64;           ///< predicted tokens of a window, which has one more
    std::int64_t accumulate = 1;        ///< micro-batches of one update
    double weightDecay = 0.1;           ///< on matrices and embeddings
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double clip = 1.0;       ///< largest global gradient norm
    std::uint64_t seed = 0;  ///< of initial weights and of DataOrder::Seeded
    DataOrder dataOrder = DataOrder::Seeded;
    FileOrder fileOrder;                  ///< of DataOrder::File
    int threads = 0;                      ///< cores; 0 = one for tiny models, else all
    std::vector<std::int64_t> saveSteps;  ///< absolute steps to hand to the CheckpointSink
    /// Canonical text of the schedule: a state made under another one is not resumed.
    std::string scheduleText;
    /// Every tensor of the model; empty = initialise from the seed.
    std::vector<NamedTensor> startingWeights;
    std::filesystem::path stateFile;  ///< for resuming; empty = keep none
    std::int64_t stateEvery = 1000;   ///< updates between two writes (see stateInterval)
    RunStart start = RunStart::Fresh;
    FileOps* files = &systemFileOps();  ///< never null; must outlive the run

    std::int64_t lastStep() const { return firstStep + steps; }
    std::int64_t tokensPerStep() const { return batch * length * accumulate; }
};

/// Checks every value once, before anything is allocated.
/// Errors: settings.range, config.unsupported, config.range, tokens.too-few, tokens.id-range,
/// model.tensors and model.shape for starting weights.
Expected<void> checkTrainingSettings(const TrainingSettings& settings);

/// SHA-256 over everything that decides the weights at a step: model, tokens, recipe, schedule
/// text, seed, starting weights. Not the number of steps, threads or save steps.
std::string trainingSettingsHash(const TrainingSettings& settings);

/// The cores a run takes: `settings.threads`, or for 0 one if the largest matrix product is too
/// small to gain from a second, else all of `available`.
int resolveTrainingThreads(const TrainingSettings& settings, int available);

}  // namespace gridscope
