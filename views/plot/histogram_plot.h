// SPDX-License-Identifier: GPL-3.0-or-later

// Residuals of a layer against the uniform reference, for up to nine checkpoints.
#pragma once

#include "views/plot/outline_plot.h"

namespace gridscope::views {

class HistogramPlot : public OutlinePlot {
    Q_OBJECT

public:
    explicit HistogramPlot(QWidget* parent = nullptr);

    std::vector<PlotColumn> columns() const override;

protected:
    QString missingText() const override;
};

}  // namespace gridscope::views
