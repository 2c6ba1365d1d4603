// SPDX-License-Identifier: GPL-3.0-or-later

// Learning-rate schedules as pure functions of the absolute training step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

enum class ScheduleForm { Neox2023, NeoxV10, Sgdr, Oli, Wsd, Constant, Linear };
/// "neox-2023", "neox-v1.0", "sgdr", "oli", "wsd", "constant", "linear"
std::string_view scheduleFormName(ScheduleForm form);

enum class ScheduleKind { Warmup, Decay, Stable, Bump, Cool };
/// "warmup", "decay", "stable", "bump", "cool"
std::string_view scheduleKindName(ScheduleKind kind);

enum class OliOrder { BumpFirst, CoolFirst };

struct ScheduleSettings {
    ScheduleForm form = ScheduleForm::Neox2023;
    double lrMax = 0.0;            ///< > 0
    double lrMin = 0.0;            ///< 0..lrMax
    std::int64_t warmupSteps = 0;  ///< W, 0..totalSteps-1
    std::int64_t totalSteps = 0;   ///< T, >= 1
    std::int64_t forkStep = 0;     ///< from which the periods of sgdr and oli count, >= 0
    // sgdr
    std::int64_t period = 10'000;   ///< Ti of the first cycle, >= 1
    std::int64_t periodFactor = 1;  ///< Tmult, 1..1000: each cycle is that much longer
    // oli
    std::optional<double> bumpLr;  ///< eta_bump, > 0; required: the paper's value is lost
    std::int64_t bumpSteps = 75;   ///< >= 1
    std::int64_t coolSteps = 300;  ///< >= 1
    OliOrder order = OliOrder::BumpFirst;
    // wsd
    std::optional<std::int64_t> decaySteps;  ///< 1..T-W; a tenth of T (at least 1) when not given
    bool operator==(const ScheduleSettings&) const = default;
};

/// A validated schedule. The update that produces step n uses learningRate(n).
///
/// Up to step W every form warms up, lrMax n/W. After that (science.md 4):
/// neox-2023: lrMin + (lrMax-lrMin)/2 (1 + cos(pi (n-W)/(T-W))), lrMin after T
/// neox-v1.0: max(lrMax/2 (1 + cos(pi k/T)), lrMin), k = min(n, T-W) - W
/// sgdr:      lrMin + (lrMax-lrMin)/2 (1 + cos(pi Tcur/Ti)), Tcur steps since the last restart
/// oli:       (n - fork) mod (bump+cool) < bump: eta_bump, else neox-2023 (order may be turned)
/// wsd:       lrMax, then linearly to lrMin over the last decaySteps before T
/// constant:  lrMax.  linear: straight from lrMax at W to lrMin at T, lrMin after T
/// Before the fork step sgdr and oli are neox-2023.
class Schedule {
public:
    /// Errors: settings.range, `where` names the setting as in the condition syntax ("eta").
    static Expected<Schedule> make(const ScheduleSettings& settings);

    const ScheduleSettings& settings() const { return m_settings; }
    double learningRate(std::int64_t step) const;
    ScheduleKind kind(std::int64_t step) const;

private:
    explicit Schedule(const ScheduleSettings& settings) : m_settings(settings) {}
    double cosine(std::int64_t step) const;
    double neoxV10(std::int64_t step) const;
    double sgdr(std::int64_t step) const;
    double straight(std::int64_t step, std::int64_t from) const;
    bool isBump(std::int64_t step) const;
    std::int64_t decayStart() const;

    ScheduleSettings m_settings;
};

}  // namespace gridscope
