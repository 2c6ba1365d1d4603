// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/training_monitor.h"

#include <array>
#include <cmath>

#include "core/base/numbers.h"
#include "core/base/step_text.h"
#include "core/checkpoint/keep_best.h"

namespace gridscope {

namespace {

constexpr std::array kActions{MonitorAction::Off, MonitorAction::Stop, MonitorAction::KeepBest};

}  // namespace

std::string_view monitorActionName(MonitorAction action) {
    switch (action) {
    case MonitorAction::Off:
        return "off";
    case MonitorAction::Stop:
        return "stop";
    case MonitorAction::KeepBest:
        return "keep-best";
    }
    return {};
}

Expected<MonitorAction> parseMonitorAction(std::string_view name) {
    for (const MonitorAction action : kActions) {
        if (name == monitorActionName(action)) return action;
    }
    return Error{ErrorCode::SettingsSyntax,
                 "monitor",
                 "expected off, stop or keep-best, found \"" + escapeForDisplay(name) + "\"",
                 {}};
}

Expected<AfterSave> TrainingMonitor::observe(TrainingStep step, double loss,
                                             const std::filesystem::path& checkpoint) {
    if (m_action == MonitorAction::Off || !m_monitor.add(static_cast<double>(step.value), loss))
        return AfterSave::Continue;
    if (m_action == MonitorAction::Stop)
        return m_monitor.event() ? AfterSave::Stop : AfterSave::Continue;
    if (std::isfinite(loss) && loss < m_lowest.value_or(HUGE_VAL)) {
        m_lowest = loss;
        // Of a run that was resumed the earlier checkpoints may be gone: they were kept in time.
        std::error_code ignored;
        if (std::filesystem::exists(checkpoint, ignored))
            GRIDSCOPE_TRY(keepBest(*m_ops, checkpoint, m_best));
    }
    return AfterSave::Continue;
}

std::string TrainingMonitor::sentence() const {
    if (!m_monitor.event()) return {};
    return "FP32 converged at step " + formatStep(m_monitor.event()->step) + " (loss " +
           formatFixed(m_monitor.event()->loss, 4) + ")";
}

}  // namespace gridscope
