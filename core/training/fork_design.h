// SPDX-License-Identifier: GPL-3.0-or-later

// What a fork experiment is: conditions x seeds from one checkpoint, and where it is probed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/training/data_order.h"
#include "core/training/schedule.h"

namespace gridscope {

/// One schedule under comparison. The first condition of a design is the control.
struct ForkCondition {
    std::string name;  ///< distinct; letters, digits, '.', '_', '-': part of file names
    ScheduleSettings schedule;
    bool operator==(const ForkCondition&) const = default;
};

enum class ProbePlacement {
    Interval,  ///< every N steps from the fork on, shifted by an offset
    /// The last step of a cool phase of any oli condition, at least N steps apart, chosen from the
    /// end of the runs backwards, so that the last cool phase counts. With
    /// ProbeTiming::BeforeUpdate the step before, which is the last that counts as cool.
    CoolEnd,
};
/// "interval", "cool-end"
std::string_view probePlacementName(ProbePlacement placement);

/// Which learning rate a probe of step n counts as taken under.
enum class ProbeTiming {
    AfterUpdate,   ///< lr(n): of the update that produced the weights
    BeforeUpdate,  ///< lr(n+1): of the update that the weights are about to take
};
/// "after-update", "before-update"
std::string_view probeTimingName(ProbeTiming timing);

struct ForkProbing {
    ProbePlacement placement = ProbePlacement::Interval;
    std::int64_t every = 1000;  ///< steps, >= 1
    std::int64_t offset = 0;    ///< of Interval, 0..every-1
    ProbeTiming timing = ProbeTiming::AfterUpdate;
    bool operator==(const ForkProbing&) const = default;
};

/// Every condition runs once with every seed, and all runs are probed at the same steps.
struct ForkDesign {
    std::int64_t forkStep = 0;  ///< of the checkpoint that all runs start from
    std::int64_t steps = 0;     ///< updates of each run, >= 1
    std::vector<ForkCondition> conditions;
    std::vector<std::uint64_t> seeds;  ///< of the data order; distinct
    /// File: the runs of the first seed take the windows from `firstWindow` on as
    /// they lie in the file, those of each further seed the ones behind.
    DataOrder dataOrder = DataOrder::Seeded;
    std::int64_t firstWindow = 0;  ///< of DataOrder::File
    ForkProbing probing;
    std::int64_t batch = 4;        ///< windows of a micro-batch
    std::int64_t length = 512;     ///< tokens of a window
    std::int64_t accumulate = 1;   ///< micro-batches of an update
    std::int64_t rewarmSteps = 0;  ///< linear re-warm of the rate after the fork; 0 = none
    double weightDecay = 0.1;
    double clip = 1.0;

    std::int64_t lastStep() const { return forkStep + steps; }
    std::int64_t tokensPerRun() const { return steps * batch * length * accumulate; }
    std::int64_t windowsPerRun() const { return steps * batch * accumulate; }
    bool operator==(const ForkDesign&) const = default;
};

/// One run of a design.
struct ForkRunId {
    std::size_t condition = 0;  ///< index into ForkDesign::conditions
    std::uint64_t seed = 0;
};

/// The schedules of a checked design, one a condition.
/// Errors: settings.range, settings.syntax (no condition, a name twice or unfit for a file, no
/// seed, a seed twice, steps, probing, batch ...; `where` names the setting, of a schedule
/// "NAME, eta"); those of Schedule::make
Expected<std::vector<Schedule>> checkForkDesign(const ForkDesign& design);

/// The steps at which each run is probed, ascending; the fork step and the last step are among
/// them and may be nearer to the next than `every`. @pre the design was checked
std::vector<std::int64_t> forkProbeSteps(const ForkDesign& design);

/// The runs in the order in which they are made: all conditions of the first seed, then of the
/// next, so that every finished round is a paired comparison.
std::vector<ForkRunId> forkRuns(const ForkDesign& design);

/// "oli-seed2": name of the run's folder and of its trajectory.
std::string forkRunName(const ForkDesign& design, const ForkRunId& run);

/// Rate of the update that produces `step`: the schedule's, times (step - fork) / rewarmSteps
/// while that is below 1.
double forkLearningRate(const Schedule& schedule, const ForkDesign& design, std::int64_t step);

/// Bump or cool for oli, else what the schedule calls it; at the step that `timing` picks.
ScheduleKind probeKind(const Schedule& schedule, ProbeTiming timing, std::int64_t step);

/// Positions in an oli period that probing every `every` steps from `offset` on meets, ascending:
/// a few when the two are commensurate (science.md 4, aliasing). At most the first 4,096.
std::vector<std::int64_t> probePhases(std::int64_t period, std::int64_t every, std::int64_t offset);

/// A sentence a condition when probing meets a bump in an oli condition or sees few of its phases;
/// else empty. @pre the design was checked
std::string aliasingWarning(const ForkDesign& design);

}  // namespace gridscope
