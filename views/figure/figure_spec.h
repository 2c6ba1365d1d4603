// SPDX-License-Identifier: GPL-3.0-or-later

// What a figure shows and how large it is; a value that dialogs edit and the command line fills.
#pragma once

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

#include "core/base/expected.h"
#include "core/training/fork_report.h"
#include "core/trajectory/series_table.h"
#include "views/navigation/navigation_state.h"
#include "views/phase_band.h"

namespace gridscope::views {

struct FigureSpec {
    /// "overview", "gap", "perplexity", "kurtosis", "misalignment", "histogram", "occupancy",
    /// "heatmap:<metric>"; of a fork experiment "fork" or "fork-trade".
    QString name = QStringLiteral("overview");
    double widthInches = 5.5;            ///< rounded down to whole points
    std::optional<double> heightInches;  ///< missing = width * 0.618 * rows / columns
    double baseFontPoints = 9;           ///< axis labels; ticks and legend are 2 pt smaller
    QString fontFamily = QStringLiteral("DejaVu Sans");
    int dpi = 300;  ///< of PNG, 72..1200
    QString grid = QStringLiteral("a4g128:minmax");
    int layer = -1;             ///< -1 = whole model
    QString layerMetric;        ///< of the misalignment panel; empty = the level flip rate
    std::vector<double> steps;  ///< checkpoints of a histogram; empty = the last probed
    StepScale stepScale = StepScale::Logarithmic;
    std::optional<AxisRange> stepRange;  ///< missing = fit
    int panelColumns = 0;                ///< of overview; 0 = two from 4.5 in on, else one
    bool phaseBands = true;
    bool references = false;  ///< of fork: the paper's numbers too
};

/// Everything a figure is made from: a run, or a fork experiment.
struct FigureInput {
    std::shared_ptr<const SeriesTable> table;
    PhaseBands phases;
    FigureSpec spec;
    std::shared_ptr<const ForkReport> fork = {};
};

/// Names that FigureSpec::name may have; "heatmap:<metric>" stands for all of its kind.
QStringList figureNames();
/// Those of a run, and those of a fork experiment.
QStringList runFigureNames();
QStringList forkFigureNames();
/// Errors: settings.range (width 0.5..40 in, height 0.3..60 in, font 4..72 pt, dpi 72..1200, at
/// most 9 steps), settings.syntax (unknown name, with the known ones in the hint).
Expected<void> checkFigureSpec(const FigureSpec& spec);

/// Shape of the panels of a figure.
struct FigureShape {
    int panels = 1;
    int columns = 1;
    int widthPoints = 0;
    int heightPoints = 0;
};
FigureShape figureShape(const FigureSpec& spec);

}  // namespace gridscope::views
