// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/histogram_plot.h"

#include "views/plot/outline_picture.h"

namespace gridscope::views {

HistogramPlot::HistogramPlot(QWidget* parent)
    : OutlinePlot(OutlineKind::Residuals, QStringLiteral("histogramPlot"),
                  tr("Bin misalignment histogram"), parent) {
    rebuild();
}

std::vector<PlotColumn> HistogramPlot::columns() const { return residualColumns(picture()); }

QString HistogramPlot::missingText() const {
    return tr("Residuals were not measured for this checkpoint and grid.");
}

}  // namespace gridscope::views
