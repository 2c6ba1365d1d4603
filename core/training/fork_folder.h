// SPDX-License-Identifier: GPL-3.0-or-later

// The folder of a fork experiment: its design, and one trajectory and one state file a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/file_ops.h"
#include "core/training/fork_design.h"

namespace gridscope {

/// What fork.json holds. Two experiments are the same when their texts are equal.
struct ForkRecord {
    ForkDesign design;
    std::string checkpoint;             ///< folder of the checkpoint
    std::string checkpointLabel;        ///< "step70000"
    std::string checkpointSha256;       ///< of its content, 64 hex digits
    std::string trainingSha256;         ///< of the training tokens
    std::string evaluation;             ///< what it is probed on, for people
    std::string evaluationSha256 = {};  ///< of those windows; empty = an older version wrote it
};

enum class ForkRunState {
    Planned,   ///< not begun, or interrupted: a later call goes on
    Complete,  ///< reached the last step
    Stopped,   ///< ended by the convergence monitor
    Diverged,  ///< the loss or the weights are not finite: deterministic, so not tried again
};
/// "planned", "complete", "stopped", "diverged"
std::string_view forkRunStateName(ForkRunState state);

struct ForkRunStatus {
    ForkRunState state = ForkRunState::Planned;
    std::int64_t step = 0;  ///< that the run ended at; of a planned one meaningless
    std::string note;       ///< why it ended, for people
};

/// Places and small files of an experiment below one folder.
class ForkFolder {
public:
    ForkFolder(FileOps& ops, std::filesystem::path root) : m_ops(&ops), m_root(std::move(root)) {}

    const std::filesystem::path& root() const { return m_root; }
    std::filesystem::path designFile() const { return m_root / "fork.json"; }
    std::filesystem::path runFolder(const std::string& run) const { return m_root / run; }
    std::filesystem::path trajectory(const std::string& run) const {
        return m_root / (run + ".h5");
    }
    std::filesystem::path stateFile(const std::string& run) const {
        return m_root / run / "trainer_state.bin";
    }

    /// Nothing when there is no fork.json. Errors: fork.format, file.*
    Expected<std::optional<ForkRecord>> readRecord() const;
    /// Makes the folder. Errors: output.not-writable, file.*
    Expected<void> writeRecord(const ForkRecord& record) const;

    /// Planned when there is no status file. Errors: fork.format, file.*
    Expected<ForkRunStatus> readStatus(const std::string& run) const;
    /// Errors: output.not-writable, file.*
    Expected<void> writeStatus(const std::string& run, const ForkRunStatus& status) const;

private:
    std::filesystem::path statusFile(const std::string& run) const {
        return m_root / (run + ".state.json");
    }
    FileOps* m_ops;
    std::filesystem::path m_root;
};

/// Canonical JSON of a record, with a line end. Bytes that are no UTF-8 are replaced.
/// @pre the design was checked
std::string forkRecordToJson(const ForkRecord& record);
/// The design is checked too.
/// Errors: fork.format (where: `name` and the key, "fork.json, /design/steps")
Expected<ForkRecord> parseForkRecord(std::string_view text, const std::string& name);

}  // namespace gridscope
