// SPDX-License-Identifier: GPL-3.0-or-later

// FileOps that fails its k-th call, or damages what is written.
#pragma once

#include <cerrno>

#include "core/base/file_ops.h"

namespace gridscope::test {

enum class FaultMode { Once, FromThenOn };

class FaultingFileOps final : public FileOps {
public:
    /// Call number `failAt` (from 1; 0 = none) gives -`errorNumber`.
    void arm(long failAt, FaultMode mode, int errorNumber) {
        m_calls = 0;
        m_failAt = failAt;
        m_mode = mode;
        m_errorNumber = errorNumber;
    }
    long calls() const { return m_calls; }
    bool wasHit() const { return m_failAt > 0 && m_calls >= m_failAt; }
    /// Flips a bit in the middle of every large piece written.
    void damageWrites(bool damage) { m_damage = damage; }
    void limitFreeBytes(std::uint64_t bytes) { m_freeBytes = bytes; }
    /// As on a file system without hard links.
    void forbidLinks() { m_links = false; }

    int open(const std::filesystem::path& path, int flags, unsigned mode) override {
        return fails() ? -m_errorNumber : m_system.open(path, flags, mode);
    }
    int close(int descriptor) override {
        const bool failed = fails();
        const int result = m_system.close(descriptor);  // never leaks
        return failed ? -m_errorNumber : result;
    }
    long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) override {
        return fails() ? -m_errorNumber : m_system.pread(descriptor, into, offset);
    }
    long pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override {
        if (fails()) return -m_errorNumber;
        if (!m_damage || from.size() < 4096) return m_system.pwrite(descriptor, from, offset);
        std::string copy(reinterpret_cast<const char*>(from.data()), from.size());
        copy[copy.size() / 2] = static_cast<char>(copy[copy.size() / 2] ^ 1);
        return m_system.pwrite(descriptor, std::as_bytes(std::span(copy)), offset);
    }
    int fstat(int descriptor, FileStatus& status) override {
        return fails() ? -m_errorNumber : m_system.fstat(descriptor, status);
    }
    int fsync(int descriptor) override {
        return fails() ? -m_errorNumber : m_system.fsync(descriptor);
    }
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
        return fails() ? -m_errorNumber : m_system.rename(from, to);
    }
    int link(const std::filesystem::path& from, const std::filesystem::path& to) override {
        if (!m_links) return -EPERM;
        return fails() ? -m_errorNumber : m_system.link(from, to);
    }
    int unlink(const std::filesystem::path& path) override {
        return fails() ? -m_errorNumber : m_system.unlink(path);
    }
    int makeFolder(const std::filesystem::path& path, unsigned mode) override {
        return fails() ? -m_errorNumber : m_system.makeFolder(path, mode);
    }
    int freeBytes(const std::filesystem::path& path, std::uint64_t& bytes) override {
        if (fails()) return -m_errorNumber;
        const int result = m_system.freeBytes(path, bytes);
        if (m_freeBytes > 0) bytes = m_freeBytes;
        return result;
    }

private:
    bool fails() {
        ++m_calls;
        return m_failAt > 0 &&
               (m_mode == FaultMode::Once ? m_calls == m_failAt : m_calls >= m_failAt);
    }
    FileOps& m_system = systemFileOps();
    long m_calls = 0;
    long m_failAt = 0;
    FaultMode m_mode = FaultMode::Once;
    int m_errorNumber = EIO;
    bool m_damage = false;
    bool m_links = true;
    std::uint64_t m_freeBytes = 0;
};

}  // namespace gridscope::test
