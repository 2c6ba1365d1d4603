// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/schedule_text.h"

#include <array>
#include <set>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

constexpr std::array kForms{ScheduleForm::Neox2023, ScheduleForm::NeoxV10, ScheduleForm::Sgdr,
                            ScheduleForm::Oli,      ScheduleForm::Wsd,     ScheduleForm::Constant,
                            ScheduleForm::Linear};

Error syntaxError(std::string what, std::string hint) {
    return {ErrorCode::SettingsSyntax, {}, std::move(what), std::move(hint)};
}

std::string quoted(std::string_view text) { return "\"" + escapeForDisplay(text) + "\""; }

Expected<ScheduleForm> parseForm(std::string_view name) {
    if (name == "cosine") return ScheduleForm::Neox2023;
    std::string names = "cosine";
    for (const ScheduleForm form : kForms) {
        if (name == scheduleFormName(form)) return form;
        names += ", " + std::string(scheduleFormName(form));
    }
    return syntaxError("unknown schedule " + quoted(name), "Choose from " + names);
}

std::string keysOf(ScheduleForm form) {
    const std::string common = "lr-max, lr-min, warmup, total, fork";
    switch (form) {
    case ScheduleForm::Sgdr:
        return "period, factor, " + common;
    case ScheduleForm::Oli:
        return "eta, bump, cool, first, " + common;
    case ScheduleForm::Wsd:
        return "decay, " + common;
    default:
        return common;
    }
}

Expected<double> parseRate(std::string_view key, std::string_view value) {
    const auto number = parseDouble(value);
    if (number) return *number;
    return syntaxError(std::string(key) + ": expected a number, found " + quoted(value), {});
}

Expected<std::int64_t> parseSteps(std::string_view key, std::string_view value) {
    const auto number = parseInteger(value);
    if (number) return *number;
    return syntaxError(std::string(key) + ": expected a whole number, found " + quoted(value), {});
}

/// The number of steps that `key` sets, or null.
std::int64_t* stepsField(std::string_view key, ScheduleSettings& s) {
    if (key == "warmup") return &s.warmupSteps;
    if (key == "total") return &s.totalSteps;
    if (key == "fork") return &s.forkStep;
    if (s.form == ScheduleForm::Sgdr && key == "period") return &s.period;
    if (s.form == ScheduleForm::Sgdr && key == "factor") return &s.periodFactor;
    if (s.form == ScheduleForm::Oli && key == "bump") return &s.bumpSteps;
    if (s.form == ScheduleForm::Oli && key == "cool") return &s.coolSteps;
    if (s.form == ScheduleForm::Wsd && key == "decay") return &s.decaySteps.emplace();
    return nullptr;
}

/// The learning rate that `key` sets, or null.
double* rateField(std::string_view key, ScheduleSettings& s) {
    if (key == "lr-max") return &s.lrMax;
    if (key == "lr-min") return &s.lrMin;
    if (s.form == ScheduleForm::Oli && key == "eta") return &s.bumpLr.emplace();
    return nullptr;
}

Expected<void> takeSetting(std::string_view key, std::string_view value, ScheduleSettings& s) {
    if (double* rate = rateField(key, s)) {
        GRIDSCOPE_TRY_ASSIGN(number, parseRate(key, value));
        *rate = number;
        return {};
    }
    if (std::int64_t* steps = stepsField(key, s)) {
        GRIDSCOPE_TRY_ASSIGN(number, parseSteps(key, value));
        *steps = number;
        return {};
    }
    if (s.form == ScheduleForm::Oli && key == "first") {
        if (value != "bump" && value != "cool")
            return syntaxError("first: expected bump or cool, found " + quoted(value), {});
        s.order = value == "bump" ? OliOrder::BumpFirst : OliOrder::CoolFirst;
        return {};
    }
    return syntaxError(std::string(scheduleFormName(s.form)) + " has no setting " + quoted(key),
                       "It knows " + keysOf(s.form));
}

Expected<ScheduleSettings> parseSettings(std::string_view text, const ScheduleSettings& base) {
    const std::size_t colon = text.find(':');
    ScheduleSettings settings = base;
    GRIDSCOPE_TRY_ASSIGN(form, parseForm(text.substr(0, colon)));
    settings.form = form;
    if (colon == std::string_view::npos) return settings;
    std::set<std::string_view> seen;
    std::string_view rest = text.substr(colon + 1);
    for (;;) {
        const std::size_t comma = rest.find(',');
        const std::string_view entry = rest.substr(0, comma);
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos)
            return syntaxError("expected key=value, found " + quoted(entry),
                               "For example sgdr:period=10000");
        const std::string_view key = entry.substr(0, equals);
        if (!seen.insert(key).second)
            return syntaxError("setting " + quoted(key) + " is given twice", "Give it once");
        GRIDSCOPE_TRY(takeSetting(key, entry.substr(equals + 1), settings));
        if (comma == std::string_view::npos) return settings;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace

Expected<Schedule> parseSchedule(std::string_view text, const ScheduleSettings& base) {
    auto settings = parseSettings(text, base);
    if (!settings) return settings.error().inside(text);
    auto schedule = Schedule::make(*settings);
    if (!schedule) return schedule.error().inside(text);
    return schedule;
}

std::string conditionText(const ScheduleSettings& s) {
    std::string text(scheduleFormName(s.form));
    switch (s.form) {
    case ScheduleForm::Sgdr:
        text += ":period=" + std::to_string(s.period) + ",factor=" + std::to_string(s.periodFactor);
        break;
    case ScheduleForm::Oli:
        text += ":";
        if (s.bumpLr) text += "eta=" + formatNumber(*s.bumpLr) + ",";
        text += "bump=" + std::to_string(s.bumpSteps) + ",cool=" + std::to_string(s.coolSteps) +
                ",first=" + (s.order == OliOrder::BumpFirst ? "bump" : "cool");
        break;
    case ScheduleForm::Wsd:
        if (s.decaySteps) text += ":decay=" + std::to_string(*s.decaySteps);
        break;
    default:
        break;
    }
    return text;
}

std::string fullScheduleText(const ScheduleSettings& s) {
    const std::string text = conditionText(s);
    return text + (text.find(':') == std::string::npos ? ":" : ",") +
           "lr-max=" + formatNumber(s.lrMax) + ",lr-min=" + formatNumber(s.lrMin) +
           ",warmup=" + std::to_string(s.warmupSteps) + ",total=" + std::to_string(s.totalSteps) +
           ",fork=" + std::to_string(s.forkStep);
}

}  // namespace gridscope
