// SPDX-License-Identifier: GPL-3.0-or-later

// The learning rates and probes of a fork design as points that a plot can draw.
#pragma once

#include <string>
#include <vector>

#include "core/training/fork_design.h"

namespace gridscope::views {

/// A probe where it counts: at its step, with the rate and kind that the design's timing picks.
struct ProbeMark {
    double step = 0.0;
    double rate = 0.0;
    ScheduleKind kind = ScheduleKind::Decay;
};

/// One condition. Without points while its settings make no schedule.
struct ScheduleLine {
    std::string name;
    std::vector<double> steps;  ///< ascending, absolute, from the fork to the last step
    std::vector<double> rates;  ///< of the updates that produce them, re-warm included
    std::vector<ProbeMark> marks;
};

/// At most some thousand points a line whatever the number of steps. Both sides of every jump are
/// among them, so that a bump of one step is seen; where jumps are denser than that, every n-th.
///
/// The design may be unfinished: conditions that make no schedule have no points, and while its
/// probes cannot be placed there are no marks.
std::vector<ScheduleLine> scheduleLines(const ForkDesign& design);

/// Above what forkProbeSteps would list, without listing it.
double mostProbes(const ForkDesign& design);
/// Beyond this many probes a run a design is refused by the window: nobody waits for them.
inline constexpr double kMostProbes = 20'000.0;

}  // namespace gridscope::views
