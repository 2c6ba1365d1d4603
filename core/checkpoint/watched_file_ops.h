// SPDX-License-Identifier: GPL-3.0-or-later

// File operations that can be stopped between two reads and tell how much was read.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <utility>

#include "core/base/forwarding_file_ops.h"

namespace gridscope {

/// Once a stop is requested reads fail with -ECANCELED, so that a reader
/// that knows nothing of stop tokens ends after its current piece; the caller then looks at the
/// token. Not for use by several threads.
class WatchedFileOps final : public ForwardingFileOps {
public:
    /// @param onRead called after each successful read with its bytes; may block (pause)
    WatchedFileOps(FileOps& inner, std::stop_token stop, std::function<void(std::uint64_t)> onRead)
        : ForwardingFileOps(inner), m_stop(std::move(stop)), m_onRead(std::move(onRead)) {}

    long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) override;

private:
    std::stop_token m_stop;
    std::function<void(std::uint64_t)> m_onRead;
};

}  // namespace gridscope
