// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/watched_file_ops.h"

#include <cerrno>

namespace gridscope {

namespace fs = std::filesystem;

int WatchedFileOps::open(const fs::path& path, int flags, unsigned mode) {
    return m_inner.open(path, flags, mode);
}

int WatchedFileOps::close(int descriptor) { return m_inner.close(descriptor); }

long WatchedFileOps::pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
    if (m_stop.stop_requested()) return -ECANCELED;
    const long got = m_inner.pread(descriptor, into, offset);
    if (got > 0) m_onRead(static_cast<std::uint64_t>(got));
    return got;
}

long WatchedFileOps::pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) {
    return m_inner.pwrite(descriptor, from, offset);
}

int WatchedFileOps::fstat(int descriptor, FileStatus& status) {
    return m_inner.fstat(descriptor, status);
}

int WatchedFileOps::fsync(int descriptor) { return m_inner.fsync(descriptor); }

int WatchedFileOps::rename(const fs::path& from, const fs::path& to) {
    return m_inner.rename(from, to);
}

int WatchedFileOps::link(const fs::path& from, const fs::path& to) {
    return m_inner.link(from, to);
}

int WatchedFileOps::unlink(const fs::path& path) { return m_inner.unlink(path); }

int WatchedFileOps::makeFolder(const fs::path& path, unsigned mode) {
    return m_inner.makeFolder(path, mode);
}

int WatchedFileOps::freeBytes(const fs::path& path, std::uint64_t& bytes) {
    return m_inner.freeBytes(path, bytes);
}

}  // namespace gridscope
