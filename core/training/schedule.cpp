// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/range_rule.h"

namespace gridscope {

namespace {

/// Far beyond any training run; sums of steps cannot overflow.
constexpr std::int64_t kMaxSteps = 1'000'000'000'000;

bool isWithin(std::int64_t value, std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
}

Expected<void> checkOli(const ScheduleSettings& s) {
    if (!s.bumpLr)
        return Error{ErrorCode::SettingsRange, "eta",
                     "the learning rate of the bump is required, none was given",
                     "Add eta=VALUE, for example oli:eta=1e-3"};
    return checkRules(
        {{*s.bumpLr > 0.0 && std::isfinite(*s.bumpLr), "eta", "a positive number", *s.bumpLr},
         {isWithin(s.bumpSteps, 1, kMaxSteps), "bump", "at least 1 step", double(s.bumpSteps)},
         {isWithin(s.coolSteps, 1, kMaxSteps), "cool", "at least 1 step", double(s.coolSteps)}});
}

Expected<void> checkCommon(const ScheduleSettings& s) {
    return checkRules(
        {{s.lrMax > 0.0 && std::isfinite(s.lrMax), "lr-max", "a positive number", s.lrMax},
         {s.lrMin >= 0.0 && s.lrMin <= s.lrMax, "lr-min", "0 to lr-max", s.lrMin},
         {isWithin(s.totalSteps, 1, kMaxSteps), "total", "1 to 1e12 steps", double(s.totalSteps)},
         {isWithin(s.warmupSteps, 0, s.totalSteps - 1), "warmup",
          "0 to " + std::to_string(s.totalSteps - 1) + " steps", double(s.warmupSteps)},
         {isWithin(s.forkStep, 0, kMaxSteps), "fork", "0 to 1e12", double(s.forkStep)}});
}

double halfCosine(double high, double low, double share) {
    return low + 0.5 * (high - low) * (1.0 + std::cos(std::numbers::pi * share));
}

}  // namespace

std::string_view scheduleFormName(ScheduleForm form) {
    switch (form) {
    case ScheduleForm::Neox2023:
        return "neox-2023";
    case ScheduleForm::NeoxV10:
        return "neox-v1.0";
    case ScheduleForm::Sgdr:
        return "sgdr";
    case ScheduleForm::Oli:
        return "oli";
    case ScheduleForm::Wsd:
        return "wsd";
    case ScheduleForm::Constant:
        return "constant";
    case ScheduleForm::Linear:
        return "linear";
    }
    return {};
}

std::string_view scheduleKindName(ScheduleKind kind) {
    switch (kind) {
    case ScheduleKind::Warmup:
        return "warmup";
    case ScheduleKind::Decay:
        return "decay";
    case ScheduleKind::Stable:
        return "stable";
    case ScheduleKind::Bump:
        return "bump";
    case ScheduleKind::Cool:
        return "cool";
    }
    return {};
}

Expected<Schedule> Schedule::make(const ScheduleSettings& s) {
    GRIDSCOPE_TRY(checkCommon(s));
    if (s.form == ScheduleForm::Oli) GRIDSCOPE_TRY(checkOli(s));
    if (s.form == ScheduleForm::Sgdr)
        GRIDSCOPE_TRY(checkRules(
            {{isWithin(s.period, 1, kMaxSteps), "period", "at least 1 step", double(s.period)},
             {isWithin(s.periodFactor, 1, 1000), "factor", "1 to 1000", double(s.periodFactor)}}));
    if (s.form == ScheduleForm::Wsd && s.decaySteps) {
        const std::int64_t most = s.totalSteps - s.warmupSteps;
        GRIDSCOPE_TRY(
            checkRules({{isWithin(*s.decaySteps, 1, most), "decay",
                         "1 to " + std::to_string(most) + " steps", double(*s.decaySteps)}}));
    }
    return Schedule(s);
}

double Schedule::cosine(std::int64_t step) const {
    const ScheduleSettings& s = m_settings;
    if (step >= s.totalSteps) return s.lrMin;
    return halfCosine(s.lrMax, s.lrMin,
                      static_cast<double>(step - s.warmupSteps) /
                          static_cast<double>(s.totalSteps - s.warmupSteps));
}

double Schedule::neoxV10(std::int64_t step) const {
    const ScheduleSettings& s = m_settings;
    const std::int64_t k = std::min(step, s.totalSteps - s.warmupSteps) - s.warmupSteps;
    const double share = static_cast<double>(k) / static_cast<double>(s.totalSteps);
    return std::max(halfCosine(s.lrMax, 0.0, share), s.lrMin);
}

double Schedule::sgdr(std::int64_t step) const {
    const ScheduleSettings& s = m_settings;
    std::int64_t current = step - s.forkStep;
    std::int64_t period = s.period;
    if (s.periodFactor == 1) current %= period;
    while (current >= period) {  // a handful of rounds: the period at least doubles
        current -= period;
        period *= s.periodFactor;
    }
    return halfCosine(s.lrMax, s.lrMin, static_cast<double>(current) / static_cast<double>(period));
}

/// Line from lrMax at step `from` to lrMin at T.
double Schedule::straight(std::int64_t step, std::int64_t from) const {
    const ScheduleSettings& s = m_settings;
    if (step <= from) return s.lrMax;
    if (step >= s.totalSteps) return s.lrMin;
    const double share =
        static_cast<double>(step - from) / static_cast<double>(s.totalSteps - from);
    return s.lrMax + (s.lrMin - s.lrMax) * share;
}

bool Schedule::isBump(std::int64_t step) const {
    const ScheduleSettings& s = m_settings;
    if (s.form != ScheduleForm::Oli || step < s.forkStep) return false;
    const std::int64_t position = (step - s.forkStep) % (s.bumpSteps + s.coolSteps);
    return s.order == OliOrder::BumpFirst ? position < s.bumpSteps : position >= s.coolSteps;
}

std::int64_t Schedule::decayStart() const {
    const ScheduleSettings& s = m_settings;
    const std::int64_t tenth = std::max<std::int64_t>(s.totalSteps / 10, 1);
    return std::max(s.totalSteps - s.decaySteps.value_or(tenth), s.warmupSteps);
}

double Schedule::learningRate(std::int64_t step) const {
    const ScheduleSettings& s = m_settings;
    if (step <= s.warmupSteps && s.warmupSteps > 0)
        return s.lrMax * static_cast<double>(std::max<std::int64_t>(step, 0)) /
               static_cast<double>(s.warmupSteps);
    // The upper bound keeps the growing periods of sgdr from overflowing.
    const std::int64_t n = std::clamp<std::int64_t>(step, 0, 1000 * kMaxSteps);
    switch (s.form) {
    case ScheduleForm::Neox2023:
        return cosine(n);
    case ScheduleForm::NeoxV10:
        return neoxV10(n);
    case ScheduleForm::Sgdr:
        return n < s.forkStep ? cosine(n) : sgdr(n);
    case ScheduleForm::Oli:
        return isBump(n) ? *s.bumpLr : cosine(n);
    case ScheduleForm::Wsd:
        return straight(n, decayStart());
    case ScheduleForm::Constant:
        return s.lrMax;
    case ScheduleForm::Linear:
        return straight(n, s.warmupSteps);
    }
    return 0.0;
}

ScheduleKind Schedule::kind(std::int64_t step) const {
    const ScheduleSettings& s = m_settings;
    if (step <= s.warmupSteps && s.warmupSteps > 0) return ScheduleKind::Warmup;
    if (s.form == ScheduleForm::Constant) return ScheduleKind::Stable;
    if (s.form == ScheduleForm::Wsd && step <= decayStart()) return ScheduleKind::Stable;
    if (s.form == ScheduleForm::Oli && step >= s.forkStep)
        return isBump(step) ? ScheduleKind::Bump : ScheduleKind::Cool;
    return ScheduleKind::Decay;
}

}  // namespace gridscope
