// SPDX-License-Identifier: GPL-3.0-or-later

// How the grid kernels spread work over threads without knowing whose threads they are.
#pragma once

#include <cstdint>
#include <functional>

namespace gridscope {

/// Calls the body with ranges [begin, end) that together cover [0, count) once each, on as many
/// threads as the runner likes, and returns when all are done. An empty function stands for one
/// range on the calling thread.
using ParallelFor = std::function<void(
    std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& body)>;

/// Runs on the worker threads of libtorch, as many as initWorkerThread() set for this thread.
ParallelFor engineParallelFor();

}  // namespace gridscope
