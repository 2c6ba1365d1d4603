// SPDX-License-Identifier: GPL-3.0-or-later

// Loads checkpoints one after the other, the next one on a thread of its own meanwhile.
#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/model/model_weights.h"

namespace gridscope {

/// Not thread-safe; the reader thread is joined before the destructor returns.
class CheckpointLoader {
public:
    using Loaded = Expected<std::shared_ptr<const ModelWeights>>;

    CheckpointLoader(FileOps& ops, NonFinitePolicy policy, std::stop_token stop)
        : m_ops(&ops), m_policy(policy), m_stop(std::move(stop)) {}
    ~CheckpointLoader();

    /// Starts loading `entry` in the background if nothing is being loaded. `entry` must live on.
    void prefetch(const CheckpointEntry& entry);
    /// The weights of `entry`: the prefetched ones if it was that, else read now.
    Loaded load(const CheckpointEntry& entry);

private:
    FileOps* m_ops;
    NonFinitePolicy m_policy;
    std::stop_token m_stop;
    const CheckpointEntry* m_pending = nullptr;
    std::future<Loaded> m_future;
};

}  // namespace gridscope
