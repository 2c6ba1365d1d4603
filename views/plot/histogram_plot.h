// SPDX-License-Identifier: GPL-3.0-or-later

// Residuals of a layer against the uniform reference, for up to nine checkpoints.
#pragma once

#include <vector>

#include "views/plot/plot_widget.h"

namespace gridscope::views {

class OutlinePicture;

class HistogramPlot : public PlotWidget {
    Q_OBJECT

public:
    explicit HistogramPlot(QWidget* parent = nullptr);
    ~HistogramPlot() override;

    /// Rows drawn beside the current checkpoint, at most 8.
    void setOverlay(std::vector<int> rows);

    std::vector<PlotColumn> columns() const override;

    QSize minimumSizeHint() const override;

protected:
    void rebuild() override;
    void stateShown(NavigationFields changed) override;
    void phasesShown() override {}
    QString emptyText() const override;

private:
    std::vector<int> m_overlay;
    std::unique_ptr<OutlinePicture> m_picture;
};

}  // namespace gridscope::views
