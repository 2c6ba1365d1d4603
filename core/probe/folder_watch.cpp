// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/folder_watch.h"

#include <algorithm>
#include <optional>

namespace gridscope {

namespace {

/// A folder that is not there, or holds nothing yet, may still come.
bool mayCome(ErrorCode code) {
    return code == ErrorCode::FileMissing || code == ErrorCode::FileVanished ||
           code == ErrorCode::ScanEmpty;
}

Error cancelled() {
    return {ErrorCode::RunCancelled,
            {},
            "the watch was stopped; finished rows are kept",
            "Start it again to go on"};
}

}  // namespace

FolderWatch::FolderWatch(FileOps& ops, Clock& clock, FolderWatchSettings settings,
                         FolderWatchActions actions)
    : m_ops(ops),
      m_clock(clock),
      m_settings(std::move(settings)),
      m_actions(std::move(actions)),
      m_settle(m_settings.settleSeconds) {}

void FolderWatch::tellOnce(const std::string& text) {
    if (text != m_told && !text.empty()) m_actions.tell(text);
    m_told = text;
}

/// A problem of a checkpoint is most often that it is being written: told once, and only when it
/// has had the time to settle.
void FolderWatch::tellProblems(const CheckpointCatalog& catalog) {
    std::set<std::string> problems;
    for (const CheckpointEntry& entry : catalog.entries) {
        if (entry.usable()) continue;
        const std::string text = escapeForDisplay(entry.label.text) +
                                 " is not finished: " + entry.problems.front().toText();
        if (!m_toldProblems.contains(text)) m_actions.tell(text);
        problems.insert(text);
    }
    m_toldProblems = std::move(problems);
}

Expected<std::size_t> FolderWatch::look(ProgressSink& progress, const std::stop_token& stop) {
    auto catalog = scanFolder(m_ops, m_settings.folder, progress, stop);
    if (!catalog) {
        if (!mayCome(catalog.error().code)) return std::move(catalog).error();
        m_settle.settled({}, m_clock.steadySeconds());
        tellOnce("waiting for checkpoints: " + catalog.error().toText());
        return std::size_t{0};
    }
    tellOnce({});
    tellProblems(*catalog);
    const std::vector<std::size_t> settled = m_settle.settled(*catalog, m_clock.steadySeconds());
    std::set<std::string> ready;
    std::size_t fresh = 0;
    for (const std::size_t index : settled) {
        const std::string folder = catalog->entries[index].folder.string();
        fresh += m_probed.contains(folder) ? 0u : 1u;
        ready.insert(folder);
    }
    // A checkpoint that changes again is not among the settled ones, and is new once it is.
    if (fresh > 0) GRIDSCOPE_TRY(m_actions.probe(*catalog, settled));
    m_probed = std::move(ready);
    return fresh;
}

Expected<void> FolderWatch::run(WatchEnd end, ProgressSink& progress, const std::stop_token& stop,
                                const std::stop_token& finish) {
    std::optional<double> firstLookEnded;
    for (;;) {
        if (stop.stop_requested()) return cancelled();
        if (finish.stop_requested()) return {};
        const double lookBegan = m_clock.steadySeconds();
        GRIDSCOPE_TRY(look(progress, stop));
        if (!firstLookEnded) firstLookEnded = m_clock.steadySeconds();
        // From the end of the first look to the beginning of this one: what was there at the first
        // has been watched at least that long.
        const double passed = std::max(0.0, lookBegan - *firstLookEnded);
        double pause = m_settings.pollSeconds;
        if (end == WatchEnd::WhenAllProbed) {
            // Two looks, as far apart as settling takes, tell what is finished now.
            if (passed >= m_settings.settleSeconds) {
                if (waiting() > 0)
                    m_actions.tell(std::to_string(waiting()) + " checkpoints are not finished yet");
                return {};
            }
            pause = std::min(pause, m_settings.settleSeconds - passed);
        }
        m_clock.wait(pause, stop);
    }
}

}  // namespace gridscope
