// SPDX-License-Identifier: GPL-3.0-or-later

// A question of a worker that waits until the window answers it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "core/probe/storage_answer.h"

namespace gridscope::app {

/// Shared by the worker that asks and the GUI thread that answers.
class StorageQuestion {
public:
    /// Blocks the worker. A stop is the answer Stop.
    StorageAnswer wait(const std::stop_token& stop);
    void answer(StorageAnswer answer);

private:
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::optional<StorageAnswer> m_answer;
};

}  // namespace gridscope::app
