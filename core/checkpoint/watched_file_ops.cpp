// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/watched_file_ops.h"

#include <cerrno>

namespace gridscope {

long WatchedFileOps::pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
    if (m_stop.stop_requested()) return -ECANCELED;
    const long got = ForwardingFileOps::pread(descriptor, into, offset);
    if (got > 0) m_onRead(static_cast<std::uint64_t>(got));
    return got;
}

}  // namespace gridscope
