// SPDX-License-Identifier: GPL-3.0-or-later

// Runs a fork experiment: trains every condition with every seed and probes on the way.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/progress.h"
#include "core/probe/eval_input.h"
#include "core/probe/probe_settings.h"
#include "core/training/fork_folder.h"
#include "core/training/training_monitor.h"
#include "core/training/training_tokens.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// Which weights stay on disk once they are probed.
enum class KeepWeights {
    Last,  ///< of the last probed step of each run
    All,
};

/// Everything the user chose. Paths are read when the experiment is prepared.
struct ForkRequest {
    std::filesystem::path checkpoint;  ///< folder of a gpt_neox checkpoint
    std::filesystem::path out;         ///< folder of the experiment
    TrainingInput training;  ///< without a tokenizer a text takes the one beside the checkpoint
    EvalInput evaluation;    ///< neither tokens nor text: 5 % of the training stream are held out
    ForkDesign design;       ///< forkStep -1 = the step of the checkpoint's label
    ProbeSettings probe;
    MonitorAction monitor = MonitorAction::Off;  ///< fed with the FP32 loss of each run's probes
    KeepWeights keep = KeepWeights::Last;
    int threads = 0;  ///< 0 = one for tiny models, else all
};

/// A request with its files read and checked: what the costs are known of.
class PreparedFork {
public:
    struct Impl;
    explicit PreparedFork(std::shared_ptr<const Impl> impl);

    const ForkRecord& record() const;
    /// What was chosen without being asked, for the user.
    const std::vector<std::string>& notes() const;
    int threads() const;  ///< that runs are trained and probed with
    const Impl& impl() const { return *m_impl; }

private:
    std::shared_ptr<const Impl> m_impl;
};

/// Reads the checkpoint's configuration and the tokens, cuts the evaluation windows, and compares
/// with the experiment that `out` holds already.
/// Errors: settings.*, fork.mismatch (another experiment is in `out`: which key differs),
/// config.unsupported (not gpt_neox), tokens.*, scan.*, file.*
Expected<PreparedFork> prepareFork(FileOps& ops, const ForkRequest& request, ProgressSink& progress,
                                   const std::stop_token& stop);

/// What an experiment will take, before it starts.
struct ForkCost {
    double tokens = 0.0;     ///< trained in all runs that are not finished
    double trainFlop = 0.0;  ///< forward and backward
    double probeFlop = 0.0;
    double seconds = 0.0;    ///< at the measured rate of matrix products
    double diskBytes = 0.0;  ///< states and kept checkpoints
    double memoryBytes = 0.0;
    double freeDiskBytes = 0.0, freeMemoryBytes = 0.0;
};
/// @param flopPerSecond matrix products of this machine with the threads of `prepared`
ForkCost estimateForkCost(FileOps& ops, const PreparedFork& prepared, double flopPerSecond);

struct ForkCallbacks {
    /// A run begins, goes on (with its step) or has ended.
    std::function<void(const std::string& run, const ForkRunStatus&)> onRun =
        [](const std::string&, const ForkRunStatus&) {};
    /// A probe of the run is on disk.
    std::function<void(const std::string& run, std::shared_ptr<const Trajectory>)> onRows =
        [](const std::string&, const std::shared_ptr<const Trajectory>&) {};
    /// A sentence for people.
    std::function<void(const std::string&)> tell = [](const std::string&) {};
};

struct ForkOutcome {
    std::size_t complete = 0, stopped = 0, diverged = 0;
    std::size_t failedProbes = 0;
    std::vector<Warning> warnings;
};

/// Makes what is missing: finished runs are left alone, interrupted ones go on bit by bit. A
/// diverged run ends alone. Progress counts the updates of all runs.
/// Errors: memory.estimate before anything is written; trajectory.locked (another process is at
/// it), run.cancelled, memory.failed, file.disk-full and every other error that would meet the next
/// run too; what was trained and probed is kept, and the same call goes on.
Expected<ForkOutcome> runForks(FileOps& ops, const PreparedFork& prepared,
                               const ForkCallbacks& callbacks, ProgressSink& progress,
                               const std::stop_token& stop);

}  // namespace gridscope
