// SPDX-License-Identifier: GPL-3.0-or-later

// A layer metric over matrices and training steps; a click chooses checkpoint and layer.
#pragma once

#include <optional>

#include "views/plot/plot_widget.h"

class QCPPainter;

namespace gridscope::views {

class HeatMapPicture;
class PaintedLayer;

class HeatMapPlot : public PlotWidget {
    Q_OBJECT

public:
    explicit HeatMapPlot(QWidget* parent = nullptr);
    ~HeatMapPlot() override;

    void setCursor(std::optional<double> step, std::optional<double> pinned = {});
    QString shownMetric() const;  ///< layerMetricFor that of the navigation state
    void fitValues() override;
    std::vector<PlotColumn> columns() const override;

    QSize minimumSizeHint() const override;

protected:
    void rebuild() override;
    void stateShown(NavigationFields changed) override;
    void phasesShown() override {}
    QString emptyText() const override;
    std::optional<AxisRange> stepRange() const override;

private:
    void applyRange();
    void click(QPointF position, Qt::KeyboardModifiers modifiers);
    void paintOverlay(QCPPainter& painter) const;
    QString description() const;

    std::optional<double> m_cursor, m_pinned;
    std::optional<QPointF> m_hovered;
    std::unique_ptr<HeatMapPicture> m_picture;
    std::unique_ptr<PaintedLayer> m_overlay;
};

}  // namespace gridscope::views
