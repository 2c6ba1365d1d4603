// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/fork_conditions.h"

#include <set>

#include "core/base/numbers.h"
#include "core/training/schedule_text.h"

namespace gridscope {

namespace {

std::string oliName(const ScheduleSettings& s) {
    return "oli-" + (s.bumpLr ? formatNumber(*s.bumpLr) : std::string()) + "-" +
           std::to_string(s.bumpSteps) + "-" + std::to_string(s.coolSteps);
}

/// Gives conditions without a name of their own one that no other has.
void nameConditions(std::vector<ForkCondition>& conditions) {
    std::multiset<std::string> forms;
    for (const ForkCondition& condition : conditions) {
        if (condition.name.empty())
            forms.insert(std::string(scheduleFormName(condition.schedule.form)));
    }
    std::set<std::string> taken;
    for (const ForkCondition& condition : conditions) taken.insert(condition.name);
    for (ForkCondition& condition : conditions) {
        if (!condition.name.empty()) continue;
        // The paper's name of its control.
        std::string name = condition.schedule.form == ScheduleForm::Neox2023
                               ? "cosine"
                               : std::string(scheduleFormName(condition.schedule.form));
        const bool repeats =
            forms.count(std::string(scheduleFormName(condition.schedule.form))) > 1;
        if (repeats && condition.schedule.form == ScheduleForm::Oli)
            name = oliName(condition.schedule);
        std::string free = name;
        for (int i = 2; taken.contains(free); ++i) free = name + "-" + std::to_string(i);
        taken.insert(free);
        condition.name = free;
    }
}

}  // namespace

Expected<std::vector<ForkCondition>> parseForkConditions(const std::vector<std::string>& texts,
                                                         const ScheduleSettings& base) {
    std::vector<ForkCondition> conditions;
    for (const std::string& text : texts) {
        ForkCondition condition;
        std::string_view schedule = text;
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos && equals < text.find(':')) {
            condition.name = text.substr(0, equals);
            schedule.remove_prefix(equals + 1);
        }
        GRIDSCOPE_TRY_ASSIGN(parsed, parseSchedule(schedule, base));
        condition.schedule = parsed.settings();
        if (condition.schedule.forkStep != base.forkStep)
            return Error{ErrorCode::SettingsSyntax, text,
                         "the periods of a fork count from the fork's own step", "Leave fork= out"};
        conditions.push_back(std::move(condition));
    }
    nameConditions(conditions);
    return conditions;
}

Expected<std::vector<ForkCondition>> oliSweep(const std::vector<double>& rates,
                                              const std::vector<std::string>& periods,
                                              const ScheduleSettings& base) {
    std::vector<ForkCondition> conditions;
    for (const std::string& period : periods) {
        const std::size_t plus = period.find('+');
        const auto bump = parseInteger(std::string_view(period).substr(0, plus));
        const auto cool = plus == std::string::npos
                              ? std::nullopt
                              : parseInteger(std::string_view(period).substr(plus + 1));
        if (!bump || !cool)
            return Error{
                ErrorCode::SettingsSyntax,
                "sweep period",
                "expected BUMP+COOL such as 75+300, found \"" + escapeForDisplay(period) + "\"",
                {}};
        for (const double rate : rates) {
            ForkCondition condition;
            condition.schedule = base;
            condition.schedule.form = ScheduleForm::Oli;
            condition.schedule.bumpLr = rate;
            condition.schedule.bumpSteps = *bump;
            condition.schedule.coolSteps = *cool;
            condition.name = oliName(condition.schedule);
            GRIDSCOPE_TRY_ASSIGN(checked, Schedule::make(condition.schedule));
            condition.schedule = checked.settings();
            conditions.push_back(std::move(condition));
        }
    }
    return conditions;
}

}  // namespace gridscope
