// SPDX-License-Identifier: GPL-3.0-or-later

// File operations that fail on purpose: the k-th call, short transfers, changes between calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/file_ops.h"

namespace gridscope::test {

struct Fault {
    enum class Extent { Once, FromThenOn };

    std::uint64_t call = 0;  ///< 1 = the first call; 0 = never
    int errorNumber = 5;     ///< EIO
    Extent extent = Extent::Once;
};

/// Passes calls on to another FileOps and counts them. With Extent::FromThenOn `close` and `unlink`
/// still work, as they do on a full disk. Not for use by several threads.
class FaultyFileOps final : public FileOps {
public:
    explicit FaultyFileOps(FileOps& inner, Fault fault = {}) : m_inner(inner), m_fault(fault) {}

    /// At most this many bytes per pread or pwrite; 0 = as asked for.
    void setLargestTransfer(std::size_t bytes) { m_largestTransfer = bytes; }
    /// Called before each call with its number, for instance to cut a file in between.
    void setBeforeCall(std::function<void(std::uint64_t)> action) {
        m_beforeCall = std::move(action);
    }

    std::uint64_t calls() const { return m_calls; }
    bool hitFault() const { return m_hitFault; }
    int openDescriptors() const { return m_openDescriptors; }

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
    enum class CallKind { Work, CleanUp };

    /// Counts a call; true if it shall fail.
    bool fails(CallKind kind = CallKind::Work);

    FileOps& m_inner;
    Fault m_fault;
    std::size_t m_largestTransfer = 0;
    std::function<void(std::uint64_t)> m_beforeCall;
    std::uint64_t m_calls = 0;
    bool m_hitFault = false;
    int m_openDescriptors = 0;
};

}  // namespace gridscope::test
