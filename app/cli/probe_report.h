// SPDX-License-Identifier: GPL-3.0-or-later

// What a probe says on stderr: the bar, a line per checkpoint, a summary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/cli/progress_line.h"
#include "core/probe/probe_runner.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope::app {

class ProbeReport final : public ProgressSink {
public:
    void report(const Progress& progress) override { m_line.report(progress); }
    void event(std::string_view text) { m_line.event(text); }
    void start(const ProbePlan& plan, const std::string& device);
    void row(const ProbeRecord& row, ProbeStage stage);
    void finish(const ProbeOutcome& outcome);

private:
    ProgressLine m_line;
};

/// Probes `plan` into the trajectory `out`, telling all of it through `report`; Ctrl-C stops it.
/// Errors: those of resolveDevice, TrajectoryStore::open and runProbe.
Expected<ProbeOutcome> probeReported(FileOps& ops, const ProbePlan& plan,
                                     const std::filesystem::path& out, ProbeReport& report);

/// Bytes of "8G", "512M", "1000000". Errors: settings.syntax.
Expected<std::uint64_t> parseMemorySize(const std::string& text);

}  // namespace gridscope::app
