// SPDX-License-Identifier: GPL-3.0-or-later

// The tensors of one safetensors file, read piece by piece without mapping it.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/checkpoint/pinned_file.h"
#include "core/checkpoint/safetensors_header.h"
#include "core/checkpoint/stored_values.h"
#include "core/checkpoint/tensor_source.h"

namespace gridscope {

class SafetensorsSource final : public TensorSource {
public:
    /// Errors: safetensors.*, file.*.
    static Expected<std::unique_ptr<TensorSource>> open(FileOps& ops,
                                                        const std::filesystem::path& path);

    const std::vector<TensorInfo>& tensors() const override { return m_header.tensors; }
    Expected<TensorReadReport> readFloats(std::size_t index, std::span<float> into) override;
    Expected<void> readValues(std::size_t index, std::span<float> into) override;
    Expected<void> checkUnchanged() override { return m_file.checkUnchanged(); }
    void closeFiles() override { m_file.close(); }
    std::vector<std::filesystem::path> files() const override { return {m_file.path()}; }

private:
    SafetensorsSource(PinnedFile file, SafetensorsHeader header)
        : m_file(std::move(file)), m_header(std::move(header)) {}

    Expected<void> read(std::size_t index, std::span<float> into, TensorReportBuilder* report);

    PinnedFile m_file;
    SafetensorsHeader m_header;
    StoredValueReader m_reader;
};

}  // namespace gridscope
