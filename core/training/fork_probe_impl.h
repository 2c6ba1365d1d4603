// SPDX-License-Identifier: GPL-3.0-or-later

// Probes the checkpoints of one fork run as they are saved; for the fork runner.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <stop_token>

#include "core/base/progress.h"
#include "core/training/fork_prepare_impl.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope {

/// One run's trajectory, held open, and its folder of checkpoints. Used by one thread.
class ForkRunProbe {
public:
    ForkRunProbe(FileOps& ops, const PreparedFork::Impl& fork, std::string run)
        : m_ops(ops), m_fork(fork), m_run(std::move(run)) {}

    /// Probes what lies in the run's folder and is not in its trajectory yet.
    /// @return the trajectory, or null while there is neither a checkpoint nor a trajectory
    /// Errors: those of runProbe and of the store
    Expected<std::shared_ptr<const Trajectory>> probeNew(ProgressSink& progress,
                                                         const std::stop_token& stop);
    /// Removes the saved weights of all measured steps but the newest `kept`; those whose probe has
    /// failed stay, so that they can be measured later.
    void dropOldWeights(std::size_t kept);
    /// Probes that have failed and were not made good by a later call.
    const std::vector<Warning>& failures() const { return m_failures; }
    const std::vector<Warning>& warnings() const { return m_warnings; }

private:
    std::set<std::int64_t> measuredSteps() const;

    FileOps& m_ops;
    const PreparedFork::Impl& m_fork;
    std::string m_run;
    std::unique_ptr<TrajectoryStore> m_store;
    std::vector<Warning> m_failures, m_warnings;
};

}  // namespace gridscope
