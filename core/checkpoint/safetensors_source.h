// SPDX-License-Identifier: GPL-3.0-or-later

// The tensors of one safetensors file, read piece by piece without mapping it.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/checkpoint/safetensors_header.h"
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
    Expected<void> checkUnchanged() override;

private:
    SafetensorsSource(FileOps& ops, std::filesystem::path path, File file, const FileStatus& status,
                      SafetensorsHeader header);

    Expected<void> checkReadable(std::size_t index, std::span<float> into) const;
    /// Stored elements from `first` on as FP32; returns how many F64 values changed.
    Expected<std::uint64_t> readPiece(std::size_t index, std::uint64_t first,
                                      std::span<float> into);
    std::string place(std::size_t index) const;

    FileOps* m_ops;
    std::filesystem::path m_path;
    File m_file;
    FileStatus m_status;
    SafetensorsHeader m_header;
    std::vector<double> m_staging;  ///< stored bytes of a piece; doubles for their alignment
};

}  // namespace gridscope
