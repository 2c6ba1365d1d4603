// SPDX-License-Identifier: GPL-3.0-or-later

// File operations that can be stopped between two reads and tell how much was read.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <utility>

#include "core/base/file_ops.h"

namespace gridscope {

/// Passes every call on. Once a stop is requested reads fail with -ECANCELED, so that a reader
/// that knows nothing of stop tokens ends after its current piece; the caller then looks at the
/// token. Not for use by several threads.
class WatchedFileOps final : public FileOps {
public:
    /// @param onRead called after each successful read with its bytes; may block (pause)
    WatchedFileOps(FileOps& inner, std::stop_token stop, std::function<void(std::uint64_t)> onRead)
        : m_inner(inner), m_stop(std::move(stop)), m_onRead(std::move(onRead)) {}

    int open(const std::filesystem::path& path, int flags, unsigned mode) override;
    int close(int descriptor) override;
    long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) override;
    long pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override;
    int fstat(int descriptor, FileStatus& status) override;
    int fsync(int descriptor) override;
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    int link(const std::filesystem::path& from, const std::filesystem::path& to) override;
    int unlink(const std::filesystem::path& path) override;
    int makeFolder(const std::filesystem::path& path, unsigned mode) override;
    int freeBytes(const std::filesystem::path& path, std::uint64_t& bytes) override;

private:
    FileOps& m_inner;
    std::stop_token m_stop;
    std::function<void(std::uint64_t)> m_onRead;
};

}  // namespace gridscope
