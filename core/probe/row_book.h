// SPDX-License-Identifier: GPL-3.0-or-later

// The rows of a running probe: what the file already holds, what is new, what is due for disk.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "core/probe/probe_plan.h"
#include "core/probe/storage_answer.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope {

/// One working row per checkpoint of the plan. Used by one thread.
class RowBook {
public:
    RowBook(const ProbePlan& plan, TrajectoryStore& store,
            std::function<void(std::shared_ptr<const Trajectory>)> onSnapshot,
            AskAboutStorage onStorageFailure);

    const ProbeRecord& row(std::size_t checkpoint) const { return *m_rows[checkpoint]; }
    /// The file on disk is the one that the row was measured on (size and time of the source).
    bool trusted(std::size_t checkpoint) const { return m_trusted[checkpoint]; }
    /// All grids of the plan have the statistics of the weight sweep.
    bool hasWeights(std::size_t checkpoint) const;
    /// All grids of the plan have their perplexity.
    bool hasPerplexity(std::size_t checkpoint) const;

    /// Accepts `contentSha256` as what the checkpoint holds now. A row measured on other content
    /// is treated by the conflict policy.
    /// Errors: trajectory.conflict; the caller skips the checkpoint (Keep) or fails it (Refuse).
    Expected<void> identify(std::size_t checkpoint, const std::string& contentSha256);

    /// Takes over a changed row; it goes to disk with the next commit.
    Expected<void> update(std::size_t checkpoint, ProbeRecord record);
    /// Notes a failure. Measurements that the row already has are kept.
    Expected<void> fail(std::size_t checkpoint, const Error& error);
    /// Writes what is pending now.
    Expected<void> flush();
    /// A commit has failed for good: the run must end, whatever else the error may look like.
    bool storeFailed() const { return m_storeFailed; }
    /// The stored row refers to a predecessor in the file that lies between `before` (a checkpoint
    /// of the plan, or none when it is the number of checkpoints) and this one: a run over a
    /// selection must not replace it by a farther one.
    bool hasNearerPredecessor(std::size_t checkpoint, std::size_t before) const;

    /// The earliest row in step order with the same content, or `checkpoint` itself.
    std::size_t firstWithSameContent(std::size_t checkpoint) const;

private:
    Expected<void> commitIfDue();
    /// Writes by `attempt`, and asks what to do as long as that fails.
    Expected<void> write(const std::function<Expected<void>()>& attempt);

    const ProbePlan* m_plan;
    TrajectoryStore* m_store;
    std::function<void(std::shared_ptr<const Trajectory>)> m_onSnapshot;
    AskAboutStorage m_onStorageFailure;
    std::vector<std::shared_ptr<const ProbeRecord>> m_rows;
    std::vector<bool> m_trusted;
    bool m_storeFailed = false;
    std::vector<std::shared_ptr<const ProbeRecord>> m_pending;
    std::chrono::steady_clock::time_point m_lastCommit;
};

/// Size and modification time of the weights of `entry`, as stored with a row.
std::string sourceFingerprint(const CheckpointEntry& entry);

}  // namespace gridscope
