// SPDX-License-Identifier: GPL-3.0-or-later

// The tensors of a checkpoint that lies in several files under one index.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/checkpoint/pinned_file.h"
#include "core/checkpoint/shard_index.h"
#include "core/checkpoint/tensor_source.h"

namespace gridscope {

/// Opens one .safetensors, .bin, .pt or .pth file, never an index. Errors: as openTensorSource.
Expected<std::unique_ptr<TensorSource>> openSingleFile(FileOps& ops,
                                                       const std::filesystem::path& file);

/// Tensors of all shards, shard after shard. One shard's file is open at a time.
class ShardedSource final : public TensorSource {
public:
    /// Opens and checks every shard that the index names.
    /// Errors: shards.* (an absent or cut shard, a tensor that index and shards place differently,
    /// a file outside the folder), json.depth, and those of openSingleFile for a shard.
    static Expected<std::unique_ptr<TensorSource>> open(FileOps& ops,
                                                        const std::filesystem::path& index);

    const std::vector<TensorInfo>& tensors() const override { return m_tensors; }
    Expected<TensorReadReport> readFloats(std::size_t index, std::span<float> into) override;
    Expected<void> readValues(std::size_t index, std::span<float> into) override;
    Expected<void> checkUnchanged() override;
    void closeFiles() override;
    std::vector<Warning> warnings() const override { return m_warnings; }
    std::vector<std::filesystem::path> files() const override;

private:
    struct Place {
        std::size_t shard = 0;
        std::size_t tensor = 0;
    };

    explicit ShardedSource(PinnedFile index) : m_index(std::move(index)) {}

    Expected<void> addShard(FileOps& ops, const ShardIndex& index, const std::string& file);
    Expected<void> checkComplete(const ShardIndex& index) const;
    void compareTotalSize(const ShardIndex& index);
    /// The shard that holds tensor `index`; the one used before gives its descriptor back.
    Expected<TensorSource*> shardOf(std::size_t index);

    PinnedFile m_index;
    std::vector<std::unique_ptr<TensorSource>> m_shards;
    std::vector<TensorInfo> m_tensors;
    std::vector<Place> m_places;  ///< [tensors]
    std::size_t m_current = 0;    ///< the shard read last
    std::vector<Warning> m_warnings;
};

}  // namespace gridscope
