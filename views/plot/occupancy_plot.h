// SPDX-License-Identifier: GPL-3.0-or-later

// Share of weights per code, with entropy and exact groups, for up to nine checkpoints.
#pragma once

#include "views/plot/outline_plot.h"

namespace gridscope::views {

class OccupancyPlot : public OutlinePlot {
    Q_OBJECT

public:
    explicit OccupancyPlot(QWidget* parent = nullptr);

    std::vector<PlotColumn> columns() const override;

protected:
    QString missingText() const override;
};

}  // namespace gridscope::views
