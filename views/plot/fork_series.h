// SPDX-License-Identifier: GPL-3.0-or-later

// The trajectories of a fork experiment as panels over training steps; for screen and file alike.
#pragma once

#include <vector>

#include "core/training/fork_report.h"
#include "views/plot/panel_data.h"
#include "views/plot/plot_columns.h"

namespace gridscope::views {

enum class PaperOverlay { Hidden, Shown };

struct ForkPanelChoice {
    ValueScale gapScale = ValueScale::Asinh;
    /// The paper's final numbers as hollow markers at the end of the fork.
    PaperOverlay paper = PaperOverlay::Hidden;
};

/// All steps at which any run was probed, ascending. Their indexes are the rows of the points.
std::vector<double> forkSteps(const ForkResults& results);

/// True once any run has a gap or an FP32 perplexity.
bool hasForkPoints(const ForkResults& results);

/// Gap and FP32 perplexity. Of each condition: its seeds (if there are two or more), their mean,
/// and the bump probes among its points. A series has the condition's index as style and the key
/// "condition|<index>" in both panels. The mean has the steps at which every compared run of the
/// condition was measured, with the lowest and the highest seed as its interval.
std::vector<PanelData> forkPanels(const ForkReport& report, const ForkPanelChoice& choice);

/// The step, then gap and FP32 perplexity of every run, in the order of the runs.
std::vector<PlotColumn> forkColumns(const ForkResults& results);

/// "oli (control)" for condition 0, else its name.
QString conditionLabel(const ForkDesign& design, std::size_t condition);

}  // namespace gridscope::views
