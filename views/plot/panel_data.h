// SPDX-License-Identifier: GPL-3.0-or-later

// The series of a dashboard panel, taken from a SeriesTable; drawn by screen and figures alike.
#pragma once

#include <QString>

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "views/plot/finite_series.h"
#include "views/plot/panel_spec.h"

namespace gridscope::views {

/// Whose points a series shows.
enum class SeriesOrigin {
    Run,        ///< the active run: line and filled markers
    Companion,  ///< another open run: its own colour and dash
    Reference,  ///< published values: hollow markers, no line
    Seed,       ///< one seed of a condition: thin line, not in the legend
    Mean,       ///< mean over seeds: thick line and filled markers
    Bump,       ///< points of a mean that were taken in a bump: hollow markers on its line
};

struct PanelSeries {
    QString key;   ///< "gap_percent|a4g128:minmax|-1", stable over new data
    QString name;  ///< for people
    std::size_t styleIndex = 0;
    FiniteSeries points;
    std::string metric, grid;  ///< arguments of SeriesTable::series
    int layer = -1;
    SeriesOrigin origin = SeriesOrigin::Run;
    std::optional<std::size_t> marker = {};  ///< shape; missing = that of styleIndex
    std::size_t dash = 0;                    ///< of companions
    QString note = {};                       ///< told where the mouse rests
};

struct PanelData {
    PanelSpec spec;
    QString axisLabel;  ///< title and unit
    std::vector<PanelSeries> series;

    bool isEmpty() const;  ///< no point in any series
};

/// What decides which series a panel takes.
struct PanelChoice {
    QString grid;    ///< current one
    int layer = -1;  ///< -1 = whole model
    StepScale stepScale = StepScale::Logarithmic;
};

PanelData makePanelData(const SeriesTable& table, const PanelSpec& spec, const PanelChoice& choice);

/// True once anything of a row is measured.
bool isProbed(const ProbeRecord& row);
/// "INT4" for "a4g128:minmax"; an id that is no grid stays as it is.
QString gridLabel(const std::string& gridId);
/// "block 3, mlp.down"; "all matrices" for -1.
QString layerLabel(const Trajectory& trajectory, int layer);

/// Range of step coordinates over the points of all panels and `more`, padded.
AxisRange fittedSteps(const std::vector<PanelData>& panels, StepScale scale,
                      std::span<const double> more);
/// Range of the points within `steps`, without the series whose key is in `hidden`.
AxisRange fittedValues(const PanelData& panel, const std::set<QString>& hidden, AxisRange steps);
/// Index of the row with the smallest value of the first series, or -1.
int minimumRow(const PanelData& panel);
/// "3 Inf, 2 not positive, 12 outside"; empty if there is nothing to tell.
QString badgeText(const PanelData& panel, AxisRange values);

}  // namespace gridscope::views
