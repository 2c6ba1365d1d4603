// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/schedule_lines.h"

#include <algorithm>
#include <optional>
#include <set>

namespace gridscope::views {

namespace {

constexpr std::int64_t kEvenPoints = 1000;
constexpr std::int64_t kMostPeriods = 500;

/// Steps at which a line is drawn.
class DrawnSteps {
public:
    explicit DrawnSteps(const ForkDesign& design)
        : m_first(design.forkStep), m_last(design.lastStep()) {
        const std::int64_t apart = std::max<std::int64_t>(1, design.steps / kEvenPoints);
        for (std::int64_t step = m_first; step < m_last; step += apart) m_steps.insert(step);
        m_steps.insert(m_last);
    }
    void add(std::int64_t step) {
        if (step >= m_first && step <= m_last) m_steps.insert(step);
    }
    /// The step before a jump and the one behind it.
    void addJump(std::int64_t behind) {
        add(behind - 1);
        add(behind);
    }
    /// Jumps at `phase` into every period that begins at `origin` plus a multiple of `period`.
    void addPeriodic(std::int64_t origin, std::int64_t period, std::int64_t phase) {
        const std::int64_t before = m_first > origin ? (m_first - origin) / period : 0;
        const std::int64_t count = (m_last - m_first) / period + 1;
        const std::int64_t stride = std::max<std::int64_t>(1, count / kMostPeriods);
        for (std::int64_t n = before; n <= before + count; n += stride)
            addJump(origin + n * period + phase);
    }
    const std::set<std::int64_t>& all() const { return m_steps; }

private:
    std::int64_t m_first, m_last;
    std::set<std::int64_t> m_steps;
};

void addCorners(DrawnSteps& steps, const ForkDesign& design, const ScheduleSettings& s) {
    for (const std::int64_t corner : {s.warmupSteps, s.totalSteps, s.totalSteps - s.warmupSteps,
                                      design.forkStep + design.rewarmSteps})
        steps.addJump(corner);
    if (s.form == ScheduleForm::Wsd)
        steps.add(s.totalSteps -
                  s.decaySteps.value_or(std::max<std::int64_t>(s.totalSteps / 10, 1)));
    if (s.form == ScheduleForm::Oli) {
        const std::int64_t period = s.bumpSteps + s.coolSteps;
        steps.addPeriodic(s.forkStep, period, 0);
        steps.addPeriodic(s.forkStep, period,
                          s.order == OliOrder::BumpFirst ? s.bumpSteps : s.coolSteps);
    }
    if (s.form == ScheduleForm::Sgdr && s.periodFactor == 1)
        steps.addPeriodic(s.forkStep, s.period, 0);
    if (s.form == ScheduleForm::Sgdr && s.periodFactor > 1) {
        std::int64_t restart = s.forkStep + s.period;
        for (std::int64_t period = s.period; restart <= design.lastStep();) {
            steps.addJump(restart);
            period *= s.periodFactor;
            restart += period;
        }
    }
}

/// The design without conditions that are unfinished, if its probes can be placed then.
std::optional<std::vector<std::int64_t>> probeSteps(ForkDesign design) {
    std::erase_if(design.conditions,
                  [](const ForkCondition& c) { return !Schedule::make(c.schedule); });
    if (!checkForkDesign(design) || mostProbes(design) > kMostProbes) return std::nullopt;
    return forkProbeSteps(design);
}

}  // namespace

std::vector<ScheduleLine> scheduleLines(const ForkDesign& design) {
    std::vector<ScheduleLine> lines;
    const bool hasSteps = design.steps >= 1 && design.forkStep >= 0;
    const auto probes = probeSteps(design);
    for (const ForkCondition& condition : design.conditions) {
        ScheduleLine& line = lines.emplace_back();
        line.name = condition.name;
        const auto schedule = Schedule::make(condition.schedule);
        if (!schedule || !hasSteps) continue;
        DrawnSteps steps(design);
        addCorners(steps, design, condition.schedule);
        for (const std::int64_t step : steps.all()) {
            line.steps.push_back(static_cast<double>(step));
            line.rates.push_back(forkLearningRate(*schedule, design, step));
        }
        if (!probes) continue;
        const ProbeTiming timing = design.probing.timing;
        for (const std::int64_t step : *probes) {
            // No condition has made the weights of the fork point.
            if (step == design.forkStep) continue;
            const std::int64_t counted = timing == ProbeTiming::AfterUpdate ? step : step + 1;
            line.marks.push_back({static_cast<double>(step),
                                  forkLearningRate(*schedule, design, counted),
                                  probeKind(*schedule, timing, step)});
        }
    }
    return lines;
}

double mostProbes(const ForkDesign& design) {
    const auto steps = static_cast<double>(std::max<std::int64_t>(design.steps, 0));
    if (design.probing.placement == ProbePlacement::Interval)
        return 2.0 + steps / static_cast<double>(std::max<std::int64_t>(design.probing.every, 1));
    double most = 2.0;
    for (const ForkCondition& condition : design.conditions) {
        const ScheduleSettings& s = condition.schedule;
        if (s.form != ScheduleForm::Oli) continue;
        const auto period = static_cast<double>(std::max<std::int64_t>(s.bumpSteps, 1)) +
                            static_cast<double>(std::max<std::int64_t>(s.coolSteps, 1));
        most += 1.0 + steps / period;
    }
    return most;
}

}  // namespace gridscope::views
