// SPDX-License-Identifier: GPL-3.0-or-later

// The dashboard: panels over training steps with phases, crosshair and selected checkpoint.
#pragma once

#include <QPoint>
#include <QStringList>

#include <optional>
#include <set>
#include <vector>

#include "views/plot/foreign_series.h"
#include "views/plot/panel_spec.h"
#include "views/plot/plot_widget.h"

namespace gridscope::views {

class BoundaryDrag;
class PaintedLayer;
class PanelStack;
class StepInteraction;
struct DashboardMarks;

class DashboardPlot : public PlotWidget {
    Q_OBJECT

public:
    explicit DashboardPlot(QWidget* parent = nullptr,
                           const QString& objectName = QStringLiteral("plotDashboard"));
    ~DashboardPlot() override;

    /// Panels from top to bottom; defaultPanels() until set.
    void setPanels(std::vector<PanelSpec> panels);
    const std::vector<PanelSpec>& panels() const { return m_panels; }
    /// What to say while there are no data at all.
    void setEmptyText(const QString& text);
    /// Published values, drawn as hollow markers where a panel shows their metric.
    void setReferences(std::vector<ReferenceSeries> references);
    /// Other runs, drawn over the active one.
    void setCompanions(std::vector<CompanionRun> companions);
    /// Draws the crosshair at the checkpoint nearest to `step`, and a second one at `pinned`, from
    /// which the read-outs then tell the difference.
    void setCursor(std::optional<double> step, std::optional<double> pinned = {});
    /// Drops the vertical ranges set by zooming.
    void fitValues() override;
    std::vector<PlotColumn> columns() const override;

    /// What is drawn, and where on the canvas (child "plotDashboardCanvas").
    int panelCount() const;
    AxisRange shownSteps() const;
    AxisRange shownValues(int panel) const;    ///< axis coordinates
    QStringList seriesNames(int panel) const;  ///< hidden ones too
    bool isSeriesShown(int panel, int series) const;
    QPoint pixelOf(int panel, double step) const;  ///< middle of the panel at this step
    QPoint stripPixelOf(int phase) const;          ///< null point without such a phase
    QPoint legendPixelOf(int panel, int series) const;
    /// What the tooltip says at a position of the canvas; empty = nothing.
    QString noteAt(QPointF position) const;

    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

signals:
    /// A boundary line was dragged to `step`; `boundary` counts those of setPhases.
    void boundaryMoved(int boundary, double step);

protected:
    void rebuild() override;
    void stateShown(NavigationFields changed) override;
    void phasesShown() override;
    QString emptyText() const override;
    std::optional<AxisRange> stepRange() const override;
    bool localKey(int key) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void click(QPointF position, Qt::KeyboardModifiers modifiers);
    void doubleClick(QPointF position);
    void hover(QPointF position);
    bool grip(QPointF position);
    void dragBoundary(QPointF position);
    void dropBoundary(QPointF position, Qt::KeyboardModifiers modifiers);
    void forgetDrag();
    void applyRange();
    void updateMarks();
    /// Probed row whose x is nearest to a pixel position, or -1.
    int rowNear(QPointF position) const;
    QString description() const;

    std::vector<PanelSpec> m_panels;
    QString m_emptyText;  ///< empty = what the dashboard says
    std::vector<ReferenceSeries> m_references;
    std::vector<CompanionRun> m_companions;
    std::set<QString> m_hidden;
    bool m_showsLegends = true;
    bool m_showsBands = true;
    bool m_isLinear = false;  ///< key Y: every panel linear
    StepInteraction* m_interaction;
    std::unique_ptr<BoundaryDrag> m_drag;  ///< while a line is under the mouse
    std::unique_ptr<DashboardMarks> m_marks;
    std::unique_ptr<PanelStack> m_stack;
    std::unique_ptr<PaintedLayer> m_cursorLayer, m_badgeLayer;
};

}  // namespace gridscope::views
