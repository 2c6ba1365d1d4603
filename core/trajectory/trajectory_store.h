// SPDX-License-Identifier: GPL-3.0-or-later

// Reads and writes trajectory files: every update is one atomic, re-read replacement.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// A trajectory read from disk, deep-verified (reliability.md, 4.3).
struct LoadedTrajectory {
    std::shared_ptr<const Trajectory> trajectory;
    std::vector<Warning> warnings;
};

/// Reads and verifies `file`: every dataset once, lengths, row checksums, finite steps.
/// Errors: file.*, trajectory.format (not HDF5), trajectory.foreign, trajectory.newer,
/// trajectory.damaged, trajectory.limit.
Expected<LoadedTrajectory> readTrajectory(FileOps& ops, const std::filesystem::path& file);

/// The one writer of a trajectory file. Holds the lock file from open to destruction.
/// May be used from any thread, by one at a time.
class TrajectoryStore {
public:
    /// Opens `file` for writing, or starts a new one with the plan, tokens and layers of
    /// `initial` (its rows are ignored; nothing is written before the first commit, but it is
    /// tested that writing will be possible). An existing file must have the plan hash and
    /// tokens of `initial`; its grid list becomes the union.
    /// Errors: those of readTrajectory, trajectory.locked (holder named),
    /// trajectory.plan-mismatch, output.not-writable, file.disk-full.
    static Expected<std::unique_ptr<TrajectoryStore>> open(FileOps& ops,
                                                           const std::filesystem::path& file,
                                                           Trajectory initial);
    TrajectoryStore(const TrajectoryStore&) = delete;
    TrajectoryStore& operator=(const TrajectoryStore&) = delete;
    ~TrajectoryStore();

    /// The state on disk after the last successful commit (plus `initial` before the first).
    std::shared_ptr<const Trajectory> snapshot() const;
    /// Things worth telling, such as a stale lock that was taken over.
    const std::vector<Warning>& warnings() const;

    /// Replaces or adds rows and makes the result durable; returns only after re-reading it.
    /// A row replaces the one with the same label and content hash, or the one with the same
    /// label and no content hash. On failure the file and snapshot() stay as they were, the
    /// rows are kept and go out with the next commit.
    /// Errors: file.disk-full, file.write, trajectory.verify, trajectory.locked (lock lost).
    Expected<void> commit(const std::vector<std::shared_ptr<const ProbeRecord>>& rows);

    /// Like commit, after dropping every row labelled `label`.
    Expected<void> replaceLabel(const std::string& label,
                                const std::shared_ptr<const ProbeRecord>& row);

    /// Goes on in another file: writes all rows there, those that could not be saved too. The old
    /// file stays as it is and its lock goes. On failure nothing changes.
    /// Errors: those of open and commit.
    Expected<void> continueIn(const std::filesystem::path& file);

    /// Stores the results of analysis and the user's overrides (JSON texts) and notes.
    Expected<void> setAnalysis(std::string phasesJson, std::string overridesJson,
                               std::string notes);

private:
    class Impl;
    explicit TrajectoryStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

}  // namespace gridscope
