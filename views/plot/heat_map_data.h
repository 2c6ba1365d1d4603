// SPDX-License-Identifier: GPL-3.0-or-later

// A metric over matrices and steps, as a grid of cells that is never interpolated.
#pragma once

#include <QString>

#include <string>
#include <vector>

#include "core/trajectory/series_table.h"
#include "views/plot/plot_scale.h"

namespace gridscope::views {

struct HeatMapData {
    std::string metric;
    QString title;                            ///< with unit, for the colour scale
    std::vector<int> rows;                    ///< of the SeriesTable, by ascending x
    std::vector<double> positions;            ///< x of each row
    std::vector<std::vector<double>> values;  ///< [layers][rows], NaN = missing
    double low = 0, high = 1;                 ///< of the finite values
    int missing = 0;                          ///< cells without a finite value

    bool isEmpty() const;  ///< no finite value
    /// Column whose position is nearest to the x coordinate `at`; -1 = no column.
    int nearestColumn(double at, StepScale scale) const;
};

/// True for metrics that have a value per matrix.
bool isLayerMetric(const std::string& metric);
/// What views of layers show while `metric` is chosen: itself, or the level flip rate when it has
/// one value for the whole model.
QString layerMetricFor(const QString& metric);

/// Any Layer or GridLayer metric; empty for others.
HeatMapData heatMapData(const SeriesTable& table, const std::string& metric,
                        const std::string& grid, StepScale scale);

}  // namespace gridscope::views
