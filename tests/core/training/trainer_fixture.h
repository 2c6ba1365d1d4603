// SPDX-License-Identifier: GPL-3.0-or-later

// A tiny model, a pattern to learn and a sink that records: what the tests of the trainer share.
#pragma once

#include <QString>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "core/base/forwarding_file_ops.h"
#include "core/training/trainer.h"

namespace gridscope::test {

inline constexpr double kRate = 3e-3;

inline ModelConfig tinyModel() {
    ModelConfig model;
    model.modelType = "gpt_neox";
    model.vocabularyRows = 12;
    model.hidden = 16;
    model.layers = 2;
    model.heads = 2;
    model.keyValueHeads = 2;
    model.headDimension = 8;
    model.intermediate = 32;
    model.maxPositions = 16;
    model.rope.rotaryDimensions = 4;
    return model;
}

/// A pattern of period 10 in which a 0 is followed by four different tokens: position or context
/// must be learnt.
inline TrainingSettings tinySettings(std::int64_t steps) {
    constexpr std::array<std::uint32_t, 10> kPattern{0, 1, 2, 0, 5, 7, 0, 11, 0, 3};
    TrainingSettings settings;
    settings.model = tinyModel();
    for (std::size_t i = 0; i < 500; ++i) settings.tokens.push_back(kPattern[i % 10]);
    settings.steps = steps;
    settings.batch = 4;
    settings.length = 12;
    settings.seed = 5;
    settings.threads = 1;
    settings.scheduleText = "test";
    return settings;
}

inline double warmRate(std::int64_t step) {
    return kRate * std::min(1.0, static_cast<double>(step) / 10.0);
}

struct SavedTensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
    bool operator==(const SavedTensor&) const = default;
};
using Weights = std::map<std::string, SavedTensor>;

/// Keeps everything; can stop, fail or kill at a step.
class RecordingSink final : public CheckpointSink {
public:
    std::map<std::int64_t, Weights> saved;
    std::map<std::int64_t, TrainingPoint> points;
    std::int64_t requestStopAt = -1, killAt = -1, failSaveAt = -1, endAt = -1;
    std::stop_source stop;

    Expected<AfterSave> save(TrainingStep step, std::span<const NamedTensor> tensors) override {
        if (step.value == failSaveAt) return Error{ErrorCode::FileDiskFull, "test", "full", {}};
        Weights weights;
        for (const NamedTensor& tensor : tensors)
            weights[tensor.name] = {tensor.shape, {tensor.values.begin(), tensor.values.end()}};
        saved[step.value] = std::move(weights);
        return step.value == endAt ? AfterSave::Stop : AfterSave::Continue;
    }
    void updated(const TrainingPoint& point) override {
        points[point.step.value] = point;
        if (point.step.value == requestStopAt) stop.request_stop();
        if (point.step.value == killAt) ::raise(SIGKILL);
    }
};

inline Expected<TrainingResult> trainWith(const TrainingSettings& settings, RecordingSink& sink,
                                          const LearningRate& rate = warmRate) {
    NullProgress progress;
    return train(settings, rate, sink, progress, sink.stop.get_token());
}

/// The initial weights of a run.
inline Weights startOf(TrainingSettings settings) {
    settings.steps = 0;
    settings.saveSteps = {0};
    RecordingSink sink;
    const auto result = trainWith(settings, sink);
    return result ? sink.saved.at(0) : Weights();
}

/// `weights` must outlive the result.
inline std::vector<NamedTensor> tensorsOf(const Weights& weights) {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, tensor] : weights)
        tensors.push_back({name, tensor.shape, tensor.values});
    return tensors;
}

inline QString codeOf(const Error& error) {
    const std::string_view text = errorCodeText(error.code);
    return QString::fromLatin1(text.data(), static_cast<qsizetype>(text.size()));
}

/// A file system that is full.
class FullDisk final : public ForwardingFileOps {
public:
    FullDisk() : ForwardingFileOps(systemFileOps()) {}
    bool full = false;
    long pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override {
        return full ? -ENOSPC : ForwardingFileOps::pwrite(descriptor, from, offset);
    }
};

}  // namespace gridscope::test
