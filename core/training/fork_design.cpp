// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/fork_design.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "core/base/range_rule.h"
#include "core/base/step_text.h"

namespace gridscope {

namespace {

/// Far above any fork; keeps the lists of steps and runs small whatever a file says.
constexpr std::int64_t kMostSteps = 10'000'000;
constexpr std::int64_t kMostForkStep = 1'000'000'000'000;
constexpr std::int64_t kMostTokens = std::int64_t{1} << 31;
constexpr std::size_t kMostConditions = 64;
constexpr std::size_t kMostSeeds = 1000;
constexpr std::size_t kLongestName = 64;

bool isWithin(std::int64_t value, std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
}

bool isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

Expected<void> checkNames(const ForkDesign& design) {
    std::set<std::string> seen;
    for (const ForkCondition& condition : design.conditions) {
        const std::string& name = condition.name;
        const bool fits = !name.empty() && name.size() <= kLongestName && name[0] != '.' &&
                          name[0] != '-' && std::all_of(name.begin(), name.end(), isNameCharacter);
        if (!fits)
            return Error{ErrorCode::SettingsSyntax, "conditions",
                         "\"" + escapeForDisplay(name) + "\" is no name for a condition",
                         "Use up to 64 letters, digits, '.', '_' and '-', a letter or digit first"};
        if (!seen.insert(name).second)
            return Error{ErrorCode::SettingsSyntax, "conditions",
                         "two conditions are called " + name, "Give each a name of its own"};
    }
    return {};
}

Expected<void> checkSeeds(const ForkDesign& design) {
    std::set<std::uint64_t> seen;
    for (const std::uint64_t seed : design.seeds) {
        if (!seen.insert(seed).second)
            return Error{ErrorCode::SettingsSyntax, "seeds",
                         "seed " + std::to_string(seed) + " is given twice",
                         "A second run with a seed repeats the first bit by bit"};
    }
    return {};
}

Expected<void> checkNumbers(const ForkDesign& d) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const ForkProbing& p = d.probing;
    const std::int64_t lastOffset = std::max<std::int64_t>(p.every, 1) - 1;
    return checkRules(
        {{!d.conditions.empty() && d.conditions.size() <= kMostConditions, "conditions",
          "1 to " + std::to_string(kMostConditions), static_cast<double>(d.conditions.size())},
         {!d.seeds.empty() && d.seeds.size() <= kMostSeeds, "seeds",
          "1 to " + std::to_string(kMostSeeds), static_cast<double>(d.seeds.size())},
         {isWithin(d.forkStep, 0, kMostForkStep), "fork-step", "0 to 1e12", double(d.forkStep)},
         {isWithin(d.steps, 1, kMostSteps), "steps", "1 to 10,000,000", double(d.steps)},
         {p.every >= 1, "probe-every", "at least 1 step", double(p.every)},
         {isWithin(p.offset, 0, lastOffset), "probe-offset", "0 to " + std::to_string(lastOffset),
          double(p.offset)},
         {isWithin(d.batch, 1, kMostTokens), "batch", "1 to 2^31", double(d.batch)},
         {isWithin(d.length, 1, kMostTokens), "length", "1 to 2^31", double(d.length)},
         {isWithin(d.accumulate, 1, kMostTokens), "accumulate", "1 to 2^31", double(d.accumulate)},
         {isWithin(d.firstWindow, 0, kMostTokens), "first-window", "0 to 2^31",
          double(d.firstWindow)},
         {isWithin(d.rewarmSteps, 0, d.steps), "rewarm",
          "0 to " + std::to_string(d.steps) + " steps", double(d.rewarmSteps)},
         {d.weightDecay >= 0.0 && d.weightDecay < kInfinity, "weight-decay", "at least 0",
          d.weightDecay},
         {d.clip > 0.0 && d.clip < kInfinity, "clip", "a positive number", d.clip}});
}

/// The tokens of a run must fit an integer, whatever the three factors are.
Expected<void> checkTokens(const ForkDesign& d) {
    constexpr double kMost = 9e18;
    const double tokens = static_cast<double>(d.steps) * static_cast<double>(d.batch) *
                          static_cast<double>(d.length) * static_cast<double>(d.accumulate);
    const double windows =
        static_cast<double>(d.firstWindow) +
        tokens / static_cast<double>(d.length) * static_cast<double>(d.seeds.size());
    const bool listed = d.dataOrder == DataOrder::Seeded || windows <= double(kMostTokens);
    return checkRules({{tokens < kMost, "batch", "fewer than 9e18 tokens in a run", tokens},
                       {listed, "data-order", "at most 2^31 windows in file order", windows}});
}

bool isOli(const ForkCondition& condition) { return condition.schedule.form == ScheduleForm::Oli; }

std::int64_t periodOf(const ScheduleSettings& oli) { return oli.bumpSteps + oli.coolSteps; }

/// Adds the probes of a condition that are the last of their cool phase.
void addCoolEnds(const ForkDesign& design, const ScheduleSettings& oli,
                 std::set<std::int64_t>& steps) {
    const auto schedule = Schedule::make(oli);
    if (!schedule) return;
    const std::int64_t period = periodOf(oli);
    // The step behind the cool phase begins a period, or a bump within it.
    const std::int64_t bumpBegin = oli.order == OliOrder::BumpFirst ? period : oli.coolSteps;
    const std::int64_t back = design.probing.timing == ProbeTiming::AfterUpdate ? 1 : 2;
    const std::int64_t first = oli.forkStep + bumpBegin - back;
    const std::int64_t skipped =
        first > design.forkStep ? 0 : (design.forkStep - first) / period + 1;
    for (std::int64_t step = first + skipped * period; step <= design.lastStep(); step += period) {
        if (probeKind(*schedule, design.probing.timing, step) == ScheduleKind::Cool)
            steps.insert(step);
    }
}

/// Keeps steps that are `every` apart, beginning with the last.
std::vector<std::int64_t> thinned(const std::set<std::int64_t>& steps, std::int64_t every) {
    std::vector<std::int64_t> kept;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        if (kept.empty() || kept.back() - *step >= every) kept.push_back(*step);
    }
    return kept;
}

/// What is to be said of one oli condition.
std::string warningOf(const ForkDesign& design, const ForkCondition& condition) {
    const auto schedule = Schedule::make(condition.schedule);
    if (!schedule) return {};
    std::vector<std::int64_t> steps = forkProbeSteps(design);
    steps.erase(steps.begin());  // the fork point was not made by this schedule
    const auto isBump = [&](std::int64_t step) {
        return probeKind(*schedule, design.probing.timing, step) == ScheduleKind::Bump;
    };
    const auto bumps = std::count_if(steps.begin(), steps.end(), isBump);
    const std::int64_t period = periodOf(condition.schedule);
    // Position of the fork itself, should the schedule's periods count from another step.
    const std::int64_t start =
        ((design.forkStep - condition.schedule.forkStep) % period + period) % period;
    const std::vector<std::int64_t> phases =
        probePhases(period, design.probing.every, (design.probing.offset + start) % period);
    // Each position is met again and again: the probes say nothing of those between.
    const bool few = design.probing.placement == ProbePlacement::Interval &&
                     static_cast<std::int64_t>(phases.size()) < period &&
                     2 * phases.size() <= steps.size();
    if (bumps == 0 && !few) return {};
    std::string text = condition.name + ": ";
    if (few) {
        constexpr std::size_t kMostListed = 6;
        text += "probing every " + formatGrouped(static_cast<std::uint64_t>(design.probing.every)) +
                " steps meets " + std::to_string(phases.size()) + " of the " +
                formatGrouped(static_cast<std::uint64_t>(period)) + " positions in its period";
        for (std::size_t i = 0; i < phases.size() && phases.size() <= kMostListed; ++i)
            text += (i == 0 ? " (" : ", ") + std::to_string(phases[i]) +
                    (i + 1 == phases.size() ? ")" : "");
        text += "; ";
    }
    text += std::to_string(bumps) + " of " + std::to_string(steps.size()) +
            " probes are taken in a bump";
    return text + (isBump(steps.back()) ? ", the last one too." : ".");
}

}  // namespace

std::string_view probePlacementName(ProbePlacement placement) {
    switch (placement) {
    case ProbePlacement::Interval:
        return "interval";
    case ProbePlacement::CoolEnd:
        return "cool-end";
    }
    return {};
}

std::string_view probeTimingName(ProbeTiming timing) {
    switch (timing) {
    case ProbeTiming::AfterUpdate:
        return "after-update";
    case ProbeTiming::BeforeUpdate:
        return "before-update";
    }
    return {};
}

Expected<std::vector<Schedule>> checkForkDesign(const ForkDesign& design) {
    GRIDSCOPE_TRY(checkNumbers(design));
    GRIDSCOPE_TRY(checkTokens(design));
    GRIDSCOPE_TRY(checkNames(design));
    GRIDSCOPE_TRY(checkSeeds(design));
    std::vector<Schedule> schedules;
    for (const ForkCondition& condition : design.conditions) {
        auto schedule = Schedule::make(condition.schedule);
        if (!schedule) return schedule.error().inside(condition.name);
        schedules.push_back(*schedule);
    }
    if (design.probing.placement == ProbePlacement::CoolEnd &&
        std::none_of(design.conditions.begin(), design.conditions.end(), isOli))
        return Error{ErrorCode::SettingsSyntax, "probe-at",
                     "no condition has cool phases at whose end to probe",
                     "Add an oli condition, or probe at an interval"};
    return schedules;
}

std::vector<std::int64_t> forkProbeSteps(const ForkDesign& design) {
    const ForkProbing& probing = design.probing;
    std::set<std::int64_t> steps{design.forkStep, design.lastStep()};
    if (probing.placement == ProbePlacement::Interval) {
        // Counted from the fork: an interval may be longer than any sum with the fork step allows.
        for (std::int64_t made = probing.offset; made <= design.steps;) {
            steps.insert(design.forkStep + made);
            if (probing.every > design.steps - made) break;
            made += probing.every;
        }
    } else {
        std::set<std::int64_t> ends;
        for (const ForkCondition& condition : design.conditions) {
            if (isOli(condition)) addCoolEnds(design, condition.schedule, ends);
        }
        for (const std::int64_t step : thinned(ends, probing.every)) steps.insert(step);
    }
    return {steps.begin(), steps.end()};
}

std::vector<ForkRunId> forkRuns(const ForkDesign& design) {
    std::vector<ForkRunId> runs;
    for (const std::uint64_t seed : design.seeds) {
        for (std::size_t c = 0; c < design.conditions.size(); ++c) runs.push_back({c, seed});
    }
    return runs;
}

std::string forkRunName(const ForkDesign& design, const ForkRunId& run) {
    return design.conditions[run.condition].name + "-seed" + std::to_string(run.seed);
}

double forkLearningRate(const Schedule& schedule, const ForkDesign& design, std::int64_t step) {
    const double rate = schedule.learningRate(step);
    const std::int64_t made = std::max<std::int64_t>(step - design.forkStep, 0);
    if (made >= design.rewarmSteps) return rate;
    return rate * static_cast<double>(made) / static_cast<double>(design.rewarmSteps);
}

ScheduleKind probeKind(const Schedule& schedule, ProbeTiming timing, std::int64_t step) {
    return schedule.kind(timing == ProbeTiming::AfterUpdate ? step : step + 1);
}

std::vector<std::int64_t> probePhases(std::int64_t period, std::int64_t every,
                                      std::int64_t offset) {
    constexpr std::size_t kMostListed = 4096;
    std::vector<std::int64_t> phases;
    if (period < 1 || every < 1 || offset < 0) return phases;
    const std::int64_t apart = std::gcd(period, every);
    for (std::int64_t phase = offset % apart; phase < period && phases.size() < kMostListed;
         phase += apart)
        phases.push_back(phase);
    return phases;
}

std::string aliasingWarning(const ForkDesign& design) {
    std::string text;
    for (const ForkCondition& condition : design.conditions) {
        if (!isOli(condition)) continue;
        const std::string one = warningOf(design, condition);
        if (!one.empty()) text += (text.empty() ? "" : " ") + one;
    }
    return text;
}

}  // namespace gridscope
