// SPDX-License-Identifier: GPL-3.0-or-later

// The data of a Megatron dataset: one file, or shards that form one stream of bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

class MegatronData {
public:
    /// NAME.bin beside NAME.idx, else all of NAME-00000-of-0000N.bin beside it. Writers count the
    /// shards from 0 to N or to N - 1; both are taken.
    /// Errors: file.*; tokens.format (a gap in the shards, shards of two sets).
    static Expected<MegatronData> find(FileOps& ops, const std::filesystem::path& index);

    std::uint64_t sizeBytes() const;
    /// Fills `into` from byte `offset` of the stream on; the range lies inside sizeBytes().
    /// Errors: file.*.
    Expected<void> readAt(std::span<std::byte> into, std::uint64_t offset);

private:
    struct Part {
        std::filesystem::path path;
        std::uint64_t end = 0;  ///< first byte of the stream behind this file
    };

    explicit MegatronData(FileOps& ops) : m_ops(&ops) {}
    Expected<void> append(const std::filesystem::path& path);
    Expected<void> use(std::size_t part);

    FileOps* m_ops;
    std::vector<Part> m_parts;
    std::optional<File> m_file;  // the part that was read last
    std::size_t m_open = 0;
};

}  // namespace gridscope
