// SPDX-License-Identifier: GPL-3.0-or-later

// Panels on a shared step axis inside one QCustomPlot: built once per data set, for screen and
// file.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "views/plot/painted_layer.h"
#include "views/plot/panel_data.h"
#include "views/plot/phase_painter.h"
#include "views/plot/plot_backend.h"

namespace gridscope::views {

struct StackOptions {
    int columns = 1;
    bool legends = true;  ///< in every panel; else only where there are two series or more
    /// Panels have the same series: `legends` means one legend above them all, or none.
    bool sharesLegend = false;
    bool strip = true;  ///< named phases above the panels
    bool bands = true;
    bool intervals = true;
    bool markers = true;
    int stepTicks = 6;
    int valueTicks = 4;
    std::vector<double> moreSteps;  ///< step coordinates that a fit shows too
};

class PanelStack {
public:
    /// `plot` must outlive the stack.
    explicit PanelStack(QCustomPlot& plot);
    ~PanelStack();

    void build(std::vector<PanelData> panels, const PlotStyle& style, StepScale scale,
               const StackOptions& options);
    void setPhases(const PhaseBands& phases, std::optional<int> selected);
    void setHidden(const std::set<QString>& keys);
    /// Shows these steps, and the values within them where no other range was set.
    void setSteps(AxisRange steps);
    void setValues(std::size_t panel, AxisRange values);
    /// Drops what setValues set.
    void clearValues();
    /// As many entries of a shared legend side by side as the plot is wide.
    void wrapLegend();
    /// Steps of all points, padded.
    AxisRange fitted() const { return fittedSteps(m_panels, m_scale, m_options.moreSteps); }

    std::size_t count() const { return m_panels.size(); }
    const PanelData& panel(std::size_t index) const { return m_panels[index]; }
    QCPAxisRect* rect(std::size_t index) const { return m_rects[index]; }
    /// Panel under a pixel position, or -1.
    int panelAt(QPointF position) const;
    /// Boundary line within a few pixels of a position inside a panel.
    std::optional<std::size_t> boundaryAt(QPointF position) const;
    /// Phase of the strip under a pixel position.
    std::optional<int> stripPhaseAt(QPointF position) const;
    /// Key of the series whose legend entry is under a pixel position; empty = none.
    QString legendKeyAt(QPointF position) const;
    /// Note of the series whose point or legend entry is under a pixel position; empty = none.
    QString noteAt(QPointF position) const;
    QPoint stripPixelOf(int phase) const;
    QPoint legendPixelOf(std::size_t panel, int series) const;
    AxisRange steps() const { return m_steps; }
    AxisRange values(std::size_t panel) const;
    StepScale scale() const { return m_scale; }

private:
    void fitValues();
    void addSharedLegend();
    void addPanel(std::size_t index, int row, int column, int lastRow);
    void addSeries(std::size_t index, const PanelSeries& series);
    void dressSeries(QCPGraph& graph, const PanelSeries& series) const;
    void placeLegends();
    void applyHidden();
    void paintMarks(QCPPainter& painter) const;

    QCustomPlot& m_plot;
    PlotStyle m_style;
    StackOptions m_options;
    StepScale m_scale = StepScale::Logarithmic;
    PhaseBands m_phases;
    AxisRange m_steps;
    std::set<QString> m_hidden;
    std::vector<PanelData> m_panels;
    std::vector<QCPAxisRect*> m_rects;    ///< of the plot's layout
    std::vector<QCPLegend*> m_legends;    ///< one per panel, may be null
    QCPLegend* m_sharedLegend = nullptr;  ///< that of the first panel, or null
    std::vector<PhaseStrip*> m_strips;    ///< one per column
    std::map<std::size_t, AxisRange> m_ownValues;
    std::vector<std::unique_ptr<QCPMarginGroup>> m_marginGroups;
    std::unique_ptr<PaintedLayer> m_bandLayer, m_markLayer;
};

}  // namespace gridscope::views
