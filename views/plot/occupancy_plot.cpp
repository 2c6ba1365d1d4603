// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/occupancy_plot.h"

#include "views/plot/outline_picture.h"

namespace gridscope::views {

OccupancyPlot::OccupancyPlot(QWidget* parent)
    : OutlinePlot(OutlineKind::Codes, QStringLiteral("occupancyPlot"), tr("Code occupancy"),
                  parent) {
    rebuild();
}

std::vector<PlotColumn> OccupancyPlot::columns() const { return codeColumns(picture()); }

QString OccupancyPlot::missingText() const {
    return tr("Codes were not measured for this checkpoint and grid.");
}

}  // namespace gridscope::views
