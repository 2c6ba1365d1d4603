// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/faulty_file_ops.h"

#include <algorithm>

namespace gridscope::test {

bool FaultyFileOps::fails(CallKind kind) {
    ++m_calls;
    if (m_beforeCall) m_beforeCall(m_calls);
    if (m_fault.call == 0) return false;
    const bool later = m_fault.extent == Fault::Extent::FromThenOn && m_calls > m_fault.call &&
                       kind == CallKind::Work;
    const bool now = m_calls == m_fault.call;
    m_hitFault = m_hitFault || now;
    return now || later;
}

int FaultyFileOps::open(const std::filesystem::path& path, int flags, unsigned mode) {
    if (fails()) return -m_fault.errorNumber;
    const int descriptor = m_inner.open(path, flags, mode);
    if (descriptor >= 0) ++m_openDescriptors;
    return descriptor;
}

int FaultyFileOps::close(int descriptor) {
    const bool failing = fails(CallKind::CleanUp);
    --m_openDescriptors;
    const int result = m_inner.close(descriptor);  // the descriptor is gone even on failure
    return failing ? -m_fault.errorNumber : result;
}

long FaultyFileOps::pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
    if (fails()) return -m_fault.errorNumber;
    if (m_largestTransfer > 0) into = into.first(std::min(into.size(), m_largestTransfer));
    return m_inner.pread(descriptor, into, offset);
}

long FaultyFileOps::pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) {
    if (fails()) return -m_fault.errorNumber;
    if (m_largestTransfer > 0) from = from.first(std::min(from.size(), m_largestTransfer));
    return m_inner.pwrite(descriptor, from, offset);
}

int FaultyFileOps::fstat(int descriptor, FileStatus& status) {
    return fails() ? -m_fault.errorNumber : m_inner.fstat(descriptor, status);
}

int FaultyFileOps::fsync(int descriptor) {
    return fails() ? -m_fault.errorNumber : m_inner.fsync(descriptor);
}

int FaultyFileOps::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    return fails() ? -m_fault.errorNumber : m_inner.rename(from, to);
}

int FaultyFileOps::link(const std::filesystem::path& from, const std::filesystem::path& to) {
    return fails() ? -m_fault.errorNumber : m_inner.link(from, to);
}

int FaultyFileOps::unlink(const std::filesystem::path& path) {
    return fails(CallKind::CleanUp) ? -m_fault.errorNumber : m_inner.unlink(path);
}

int FaultyFileOps::makeFolder(const std::filesystem::path& path, unsigned mode) {
    return fails() ? -m_fault.errorNumber : m_inner.makeFolder(path, mode);
}

int FaultyFileOps::freeBytes(const std::filesystem::path& path, std::uint64_t& bytes) {
    return fails() ? -m_fault.errorNumber : m_inner.freeBytes(path, bytes);
}

}  // namespace gridscope::test
