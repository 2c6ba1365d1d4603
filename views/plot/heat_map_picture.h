// SPDX-License-Identifier: GPL-3.0-or-later

// Draws a HeatMapData with its colour scale; for screen and figures alike.
#pragma once

#include <memory>
#include <optional>

#include "views/plot/heat_map_data.h"
#include "views/plot/painted_layer.h"
#include "views/plot/plot_backend.h"
#include "views/style/plot_style.h"

namespace gridscope::views {

/// A cell by row of the SeriesTable and layer index.
struct HeatMapCell {
    int row = -1;
    int layer = -1;
    double value = kNotMeasured;
};

class HeatMapPicture {
public:
    /// `plot` must outlive the picture.
    explicit HeatMapPicture(QCustomPlot& plot);
    ~HeatMapPicture();

    /// A null table empties the picture. `resolution` is image pixels per layout pixel.
    void build(const SeriesTable* table, HeatMapData data, const PlotStyle& style, StepScale scale,
               double resolution);
    void setSteps(AxisRange steps);
    AxisRange steps() const { return m_steps; }
    AxisRange fitted() const;
    /// Layers shown, as the range of the y axis.
    void setLayers(AxisRange layers);
    bool isEmpty() const { return m_data.isEmpty(); }
    const HeatMapData& data() const { return m_data; }
    std::optional<HeatMapCell> cellAt(QPointF position) const;
    QCPAxisRect* rect() const { return m_rect; }

private:
    void addColorScale();
    void labelLayers(const Trajectory& trajectory);
    void paintCells(QCPPainter& painter) const;

    QCustomPlot& m_plot;
    PlotStyle m_style;
    StepScale m_scale = StepScale::Logarithmic;
    double m_resolution = 1;
    HeatMapData m_data;
    AxisRange m_steps;
    QCPAxisRect* m_rect = nullptr;
    std::unique_ptr<QCPMarginGroup> m_margins;
    std::unique_ptr<PaintedLayer> m_cells;
};

}  // namespace gridscope::views
