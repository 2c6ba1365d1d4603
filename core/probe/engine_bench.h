// SPDX-License-Identifier: GPL-3.0-or-later

// The ratios of the engine's speed to what the machine gives, measured in one run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/base/progress.h"

namespace gridscope {

struct BenchSettings {
    std::string shape = "pythia-160m";  ///< "pythia-14m", "pythia-70m", "pythia-160m"
    int threads = 0;                    ///< 0 = all cores
    std::uint64_t windows = 8;          ///< of 512 tokens
    std::filesystem::path folder;       ///< for the file that reading is measured on
};

/// One measurement against its limit, in seconds (minima over the repetitions).
struct BenchLine {
    std::string what;
    std::string against;
    double seconds = 0.0;
    double limitSeconds = 0.0;
    std::string target;  ///< what engine.md section 5 asks for
    /// limit / measured for "share of the limit", measured / limit for "times the limit".
    double ratio = 0.0;
};

/// Errors: settings.range (unknown shape), memory.*, file.*, run.cancelled.
Expected<std::vector<BenchLine>> runEngineBench(FileOps& ops, const BenchSettings& settings,
                                                ProgressSink& progress, std::stop_token stop);

}  // namespace gridscope
