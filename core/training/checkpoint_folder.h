// SPDX-License-Identifier: GPL-3.0-or-later

// Writes what a training run produces as ordinary checkpoint folders.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/base/file_ops.h"
#include "core/model/model_config.h"
#include "core/training/trainer.h"

namespace gridscope {

/// `<root>/step<N>/` with config.json, model.safetensors (FP32) and, if given, tokenizer.json: what
/// this program and the reference library open. A folder is complete or has no weights: the
/// weights are renamed into place last.
class CheckpointFolder final : public CheckpointSink {
public:
    /// @param tokenizerJson content of a tokenizer.json; empty = none
    CheckpointFolder(FileOps& ops, std::filesystem::path root, ModelConfig config,
                     std::string tokenizerJson)
        : m_ops(&ops),
          m_root(std::move(root)),
          m_config(std::move(config)),
          m_tokenizerJson(std::move(tokenizerJson)) {}

    /// Called after every update and save, for progress lines.
    std::function<void(const TrainingPoint&)> onUpdate = [](const TrainingPoint&) {};
    std::function<void(TrainingStep)> onSaved = [](TrainingStep) {};

    Expected<AfterSave> save(TrainingStep step, std::span<const NamedTensor> tensors) override;
    void updated(const TrainingPoint& point) override { onUpdate(point); }

    std::filesystem::path folderOf(TrainingStep step) const;

private:
    FileOps* m_ops;
    std::filesystem::path m_root;
    ModelConfig m_config;
    std::string m_tokenizerJson;
};

}  // namespace gridscope
