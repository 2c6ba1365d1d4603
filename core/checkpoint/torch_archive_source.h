// SPDX-License-Identifier: GPL-3.0-or-later

// The tensors of one torch.save archive (.bin, .pt, .pth), read without running its pickle.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/checkpoint/pinned_file.h"
#include "core/checkpoint/stored_values.h"
#include "core/checkpoint/tensor_source.h"
#include "core/checkpoint/torch_archive.h"

namespace gridscope {

/// The checksum of a storage is compared when a tensor in it is read for the first time: on the
/// way where the tensor is the whole storage, by a pass of its own else.
class TorchArchiveSource final : public TensorSource {
public:
    /// Errors: zip.*, pickle.*, file.*.
    static Expected<std::unique_ptr<TensorSource>> open(FileOps& ops,
                                                        const std::filesystem::path& path);

    const std::vector<TensorInfo>& tensors() const override { return m_archive.dict.tensors; }
    Expected<TensorReadReport> readFloats(std::size_t index, std::span<float> into) override;
    Expected<void> readValues(std::size_t index, std::span<float> into) override;
    Expected<void> checkUnchanged() override { return m_file.checkUnchanged(); }
    void closeFiles() override { m_file.close(); }
    std::vector<std::filesystem::path> files() const override { return {m_file.path()}; }
    std::vector<Warning> warnings() const override;

private:
    TorchArchiveSource(PinnedFile file, TorchArchive archive);

    Expected<void> read(std::size_t index, std::span<float> into, TensorReportBuilder* report);
    Expected<void> readPlain(const ByteSource& bytes, std::size_t index, std::span<float> into,
                             TensorReportBuilder* report);
    Expected<void> readGathered(const ByteSource& bytes, std::size_t index, std::span<float> into,
                                TensorReportBuilder* report);
    Expected<void> verify(const ByteSource& bytes, std::size_t storage);
    Expected<void> compare(std::size_t storage, std::uint32_t checksum);

    PinnedFile m_file;
    TorchArchive m_archive;
    std::vector<bool> m_verified;  ///< [storages] checksum compared, or none there
    StoredValueReader m_reader;
};

}  // namespace gridscope
