// SPDX-License-Identifier: GPL-3.0-or-later

// What a picture shows as columns of numbers: one source for CSV files and tables on screen.
#pragma once

#include <string>
#include <vector>

namespace gridscope {
class SeriesTable;
}

namespace gridscope::views {

class OutlinePicture;
class PanelStack;
struct HeatMapData;

struct PlotColumn {
    std::string header;          ///< "gap_percent a4g128:minmax [%]"
    std::vector<double> values;  ///< NaN where missing
};

/// The step, then the series of all panels with their intervals, over the rows of `table`. Series
/// of other runs and published ones are left out: they have other rows.
std::vector<PlotColumn> panelColumns(const SeriesTable& table, const PanelStack& panels);
/// The bins, then one column per outline.
std::vector<PlotColumn> residualColumns(const OutlinePicture& picture);
/// The codes, then one column per outline.
std::vector<PlotColumn> codeColumns(const OutlinePicture& picture);
/// The step, then one column per matrix.
std::vector<PlotColumn> heatMapColumns(const SeriesTable& table, const HeatMapData& data);

}  // namespace gridscope::views
