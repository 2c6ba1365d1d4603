// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/checkpoint_folder.h"

#include "core/base/version.h"
#include "core/checkpoint/safetensors_writer.h"

namespace gridscope {

std::filesystem::path CheckpointFolder::folderOf(TrainingStep step) const {
    return m_root / ("step" + std::to_string(step.value));
}

Expected<AfterSave> CheckpointFolder::save(TrainingStep step,
                                           std::span<const NamedTensor> tensors) {
    const std::filesystem::path folder = folderOf(step);
    GRIDSCOPE_TRY(makeFolders(*m_ops, folder));
    GRIDSCOPE_TRY(
        writeFileAtomically(*m_ops, folder / "config.json", writeGptNeoxConfig(m_config)));
    if (!m_tokenizerJson.empty())
        GRIDSCOPE_TRY(writeFileAtomically(*m_ops, folder / "tokenizer.json", m_tokenizerJson));
    std::vector<TensorToWrite> toWrite;
    for (const NamedTensor& tensor : tensors)
        toWrite.push_back({tensor.name, {tensor.shape.begin(), tensor.shape.end()}, tensor.values});
    GRIDSCOPE_TRY(
        writeSafetensors(*m_ops, folder / "model.safetensors", toWrite,
                         {{"format", "pt"}, {"producer", std::string("gridscope ") + kVersion}}));
    onSaved(step);
    return AfterSave::Continue;
}

}  // namespace gridscope
