// SPDX-License-Identifier: GPL-3.0-or-later

// What a dashboard panel shows. Plain values, without any data.
#pragma once

#include <QString>

#include <optional>
#include <vector>

#include "views/plot/plot_scale.h"

namespace gridscope::views {

/// Which grids of a run a metric is drawn for; ignored by metrics that need none.
enum class GridChoice { All, Current };

/// One metric of a panel.
struct PanelMetric {
    QString metric;  ///< id of metricTable()
    GridChoice grids = GridChoice::All;
    QString
        layerMetric;  ///< drawn instead while a layer is chosen; empty = `metric` for that layer
    QString name;     ///< in the legend; empty = the grid's name or the metric's title
};

struct PanelSpec {
    QString id;     ///< "gap"; also the CSV section and the object to test for
    QString title;  ///< axis label without unit
    QString unit;   ///< empty = none
    ValueScale scale = ValueScale::Linear;
    std::vector<PanelMetric> metrics;
    std::optional<double> reference;  ///< dashed line, as value
    QString referenceName;
    bool marksMinimum = false;  ///< of the first series
    /// Shows the chosen metric while that has values per matrix (layerMetricFor).
    bool followsMetric = false;
};

PanelSpec gapPanel();
PanelSpec perplexityPanel();
/// A layer metric of the current layer, or of all matrices, on the current grid; the level flip
/// rate unless `metric` has values per matrix.
PanelSpec misalignmentPanel(const QString& metric = {});
/// Edge mass with the 0.2 of uniform residuals.
PanelSpec edgeMassPanel();
PanelSpec kurtosisPanel();
/// Any other metric of metricTable(); its title and unit come from there.
PanelSpec metricPanel(const QString& metric);

/// Gap, perplexity, misalignment by `metric`, kurtosis.
std::vector<PanelSpec> defaultPanels(const QString& metric = {});

}  // namespace gridscope::views
