// SPDX-License-Identifier: GPL-3.0-or-later

// What the process and every thread that computes must set before the first tensor.
#pragma once

#include <string>

#include "core/base/expected.h"

namespace gridscope {

struct EngineInfo {
    std::string torchVersion;  ///< of the library that is loaded
    std::string device;        ///< "cpu" or "cuda:0", what `auto` would take
    std::string deviceName;    ///< processor or GPU name
    int threads = 1;           ///< cores that `threads = 0` would take
};

/// Once per process, before anything else of the engine: checks that headers and library of
/// libtorch agree, pins FP32 arithmetic to IEEE (no TF32, no bf16), makes kernels deterministic
/// and opens the CUDA backend when a driver is there. Later calls return the first outcome.
/// Errors: device.unavailable (library of another release).
Expected<EngineInfo> initEngine();

/// Once per thread that computes: libtorch keeps thread counts and modes per thread.
/// @param threads cores to use; 0 = all
void initWorkerThread(int threads);

}  // namespace gridscope
