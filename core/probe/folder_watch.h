// SPDX-License-Identifier: GPL-3.0-or-later

// Watches the folder that a training run writes its checkpoints to and has each probed once.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/progress.h"
#include "core/checkpoint/catalog.h"
#include "core/checkpoint/settle_rule.h"

namespace gridscope {

struct FolderWatchSettings {
    std::filesystem::path folder;
    double pollSeconds = 10.0;    ///< between two looks, > 0
    double settleSeconds = 10.0;  ///< how long a checkpoint must not have changed, >= 0
};

enum class WatchEnd {
    WhenStopped,    ///< goes on until it is asked to stop
    WhenAllProbed,  ///< settles and probes what is there, then ends
};

/// What the watch calls; from the thread that runs it.
struct FolderWatchActions {
    /// Probe these entries; earlier ones among them are known to the trajectory and are skipped by
    /// it. An error ends the watch.
    std::function<Expected<void>(const CheckpointCatalog&, const std::vector<std::size_t>& settled)>
        probe;
    /// A sentence for people.
    std::function<void(std::string_view)> tell = [](std::string_view) {};
};

/// Each look lists the folder anew and keeps no file open, so checkpoints may come, be rewritten or
/// be deleted, and the folder itself may vanish and come back. What was probed is known to the
/// trajectory: a watch that was killed goes on where it was when it is started again.
/// Not thread-safe.
class FolderWatch {
public:
    FolderWatch(FileOps& ops, Clock& clock, FolderWatchSettings settings,
                FolderWatchActions actions);

    /// Looks, probes, waits, until `stop` (error run.cancelled), `finish` or the end asked for.
    /// Errors: run.cancelled; those of scanFolder but a missing or empty folder, which is waited
    /// for; those of the probe action
    Expected<void> run(WatchEnd end, ProgressSink& progress, const std::stop_token& stop,
                       const std::stop_token& finish = {});

    /// One look. @return checkpoints that were handed to the probe for the first time
    Expected<std::size_t> look(ProgressSink& progress, const std::stop_token& stop);
    /// Checkpoints of the last look that are not finished yet.
    std::size_t waiting() const { return m_settle.waiting(); }

private:
    void tellOnce(const std::string& text);
    void tellProblems(const CheckpointCatalog& catalog);

    FileOps& m_ops;
    Clock& m_clock;
    FolderWatchSettings m_settings;
    FolderWatchActions m_actions;
    SettleRule m_settle;
    std::set<std::string> m_probed;  ///< folders handed over in the state that they are in
    std::string m_told;              ///< last sentence about the folder as a whole
    std::set<std::string> m_toldProblems;
};

}  // namespace gridscope
