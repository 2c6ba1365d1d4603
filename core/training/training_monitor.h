// SPDX-License-Identifier: GPL-3.0-or-later

// The paper's advice while training: end, or keep the best checkpoint, where FP32 has converged.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/analysis/convergence_monitor.h"
#include "core/base/file_ops.h"
#include "core/training/trainer.h"

namespace gridscope {

/// What the convergence monitor may do to a run, fed with validation losses.
enum class MonitorAction {
    Off,
    Stop,      ///< end the run where FP32 training has converged
    KeepBest,  ///< keep the checkpoint of the lowest loss, out of reach of what deletes others
};
/// "off", "stop", "keep-best"
std::string_view monitorActionName(MonitorAction action);
/// Errors: settings.syntax
Expected<MonitorAction> parseMonitorAction(std::string_view name);

/// Watches one run. Not thread-safe.
class TrainingMonitor {
public:
    /// @param best folder for the kept checkpoint
    TrainingMonitor(FileOps& ops, MonitorAction action, std::filesystem::path best,
                    ConvergenceMonitor monitor)
        : m_ops(&ops), m_action(action), m_best(std::move(best)), m_monitor(std::move(monitor)) {}

    /// Takes the validation loss of a saved checkpoint [nats per token]; a step that was taken
    /// before is ignored.
    /// @return Stop once the action is Stop and the stream has converged
    /// Errors: those of keepBest
    Expected<AfterSave> observe(TrainingStep step, double loss,
                                const std::filesystem::path& checkpoint);
    const std::optional<MonitorEvent>& event() const { return m_monitor.event(); }
    /// "FP32 converged at step 4000 (loss 3.02)", empty while it has not.
    std::string sentence() const;

private:
    FileOps* m_ops;
    MonitorAction m_action;
    std::filesystem::path m_best;
    ConvergenceMonitor m_monitor;
    std::optional<double> m_lowest;
};

}  // namespace gridscope
