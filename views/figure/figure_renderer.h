// SPDX-License-Identifier: GPL-3.0-or-later

// Builds an off-screen plot from a FigureSpec and measured values, never from a widget on screen.
#pragma once

#include <QPixmap>
#include <QSize>

#include <memory>
#include <vector>

#include "views/figure/figure_spec.h"
#include "views/plot/panel_data.h"

class QCPPainter;
class QCustomPlot;
class QPaintDevice;

namespace gridscope::views {

class HeatMapPicture;
class OutlinePicture;
class PanelStack;
struct StackOptions;
class TradePicture;

/// GUI thread only; needs a QApplication (the offscreen platform will do).
class FigureRenderer {
public:
    /// Errors: those of checkFigureSpec; trajectory.no-data if nothing of the figure was measured;
    /// settings.range for a font that is not there or a layer beyond the run.
    static Expected<std::unique_ptr<FigureRenderer>> create(const FigureInput& input);
    ~FigureRenderer();

    /// Page in points.
    QSize size() const { return m_size; }
    /// Draws as vectors onto a device of 72 dpi; false if it cannot be painted on.
    bool paintOn(QPaintDevice& device);
    /// Draws as pixels at the specification's dpi.
    QPixmap toPixmap();
    const FigureInput& input() const { return m_input; }

    /// Shown data, for CSV; null where the figure is of another kind.
    const PanelStack* panels() const { return m_panels.get(); }
    const OutlinePicture* outlines() const { return m_outlines.get(); }
    const HeatMapPicture* heatMap() const { return m_heatMap.get(); }

private:
    explicit FigureRenderer(const FigureInput& input);
    Expected<void> build();
    Expected<void> buildPanels(const std::vector<PanelSpec>& specs);
    Expected<void> buildOutlines();
    Expected<void> buildHeatMap(const QString& metric);
    Expected<void> buildFork();
    Expected<void> buildTrade();
    /// What of a panel stack follows from the size of the page.
    StackOptions stackOptions() const;
    Error noData() const;

    FigureInput m_input;
    QSize m_size;
    // The pictures draw into the plot and must go first.
    std::unique_ptr<QCustomPlot> m_plot;
    std::unique_ptr<PanelStack> m_panels;
    std::unique_ptr<OutlinePicture> m_outlines;
    std::unique_ptr<HeatMapPicture> m_heatMap;
    std::unique_ptr<TradePicture> m_trade;
};

}  // namespace gridscope::views
