// SPDX-License-Identifier: GPL-3.0-or-later

// File operations that pass every call on, for those that change only a few of them.
#pragma once

#include "core/base/file_ops.h"

namespace gridscope {

class ForwardingFileOps : public FileOps {
public:
    /// @param inner must outlive this object
    explicit ForwardingFileOps(FileOps& inner) : m_inner(inner) {}

    int open(const std::filesystem::path& path, int flags, unsigned mode) override {
        return m_inner.open(path, flags, mode);
    }
    int close(int descriptor) override { return m_inner.close(descriptor); }
    long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) override {
        return m_inner.pread(descriptor, into, offset);
    }
    long pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override {
        return m_inner.pwrite(descriptor, from, offset);
    }
    int fstat(int descriptor, FileStatus& status) override {
        return m_inner.fstat(descriptor, status);
    }
    int fsync(int descriptor) override { return m_inner.fsync(descriptor); }
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
        return m_inner.rename(from, to);
    }
    int link(const std::filesystem::path& from, const std::filesystem::path& to) override {
        return m_inner.link(from, to);
    }
    int unlink(const std::filesystem::path& path) override { return m_inner.unlink(path); }
    int makeFolder(const std::filesystem::path& path, unsigned mode) override {
        return m_inner.makeFolder(path, mode);
    }
    int freeBytes(const std::filesystem::path& path, std::uint64_t& bytes) override {
        return m_inner.freeBytes(path, bytes);
    }

private:
    FileOps& m_inner;
};

}  // namespace gridscope
