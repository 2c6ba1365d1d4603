// SPDX-License-Identifier: GPL-3.0-or-later

// What is being looked at: one comparable value that every view shows.
#pragma once

#include <QFlags>
#include <QString>

#include <map>
#include <optional>

namespace gridscope::views {

/// An open run. Ids are never reused while the program runs; 0 = none.
struct RunId {
    int value = 0;
    auto operator<=>(const RunId&) const = default;
};

/// A checkpoint of a run, kept by value so that it survives new rows.
struct CheckpointKey {
    double step = 0.0;
    QString hash;  ///< content_sha256, empty while unknown
    bool operator==(const CheckpointKey&) const = default;
};

/// Axes that share a range. Linear and logarithmic axes never share one (workbench.md 3.2).
enum class AxisGroup { Step, StepLog, Tokens, Index, Residual, Depth };

/// A visible range [low, high].
struct AxisRange {
    double low = 0.0;
    double high = 1.0;
    bool operator==(const AxisRange&) const = default;
};

/// How steps are laid out on x axes.
enum class StepScale { Linear, Logarithmic };

struct NavigationState {
    RunId run;
    std::optional<CheckpointKey> checkpoint;  ///< none = last probed
    std::optional<int> phase;                 ///< none = whole run
    std::optional<int> layer;                 ///< index into Trajectory::layers; none = aggregate
    QString grid = QStringLiteral("a4g128:minmax");
    QString metric = QStringLiteral("gap_percent");
    StepScale stepScale = StepScale::Logarithmic;
    std::map<AxisGroup, AxisRange> ranges;  ///< missing = fit

    bool operator==(const NavigationState&) const = default;
};

/// Fields that differ between two states, so that a view may ignore what it does not use.
enum class NavigationField {
    None = 0,
    Run = 1,
    Checkpoint = 2,
    Phase = 4,
    Layer = 8,
    Grid = 16,
    Metric = 32,
    StepScale = 64,
    Ranges = 128,
    All = 255
};
Q_DECLARE_FLAGS(NavigationFields, NavigationField)
Q_DECLARE_OPERATORS_FOR_FLAGS(NavigationFields)

NavigationFields changedFields(const NavigationState& before, const NavigationState& after);

}  // namespace gridscope::views
