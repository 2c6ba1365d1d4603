// SPDX-License-Identifier: GPL-3.0-or-later

// Gap and FP32 perplexity of all conditions of a fork experiment over training steps.
#pragma once

#include <QPoint>
#include <QStringList>

#include <optional>
#include <set>
#include <vector>

#include "views/plot/fork_series.h"
#include "views/plot/plot_widget.h"

class QCPPainter;

namespace gridscope::views {

class PaintedLayer;
class PanelStack;
class StepInteraction;

/// Zooms and moves its crosshair by itself: forks have no checkpoint that others look at.
class ForkPlot : public PlotWidget {
    Q_OBJECT

public:
    explicit ForkPlot(QWidget* parent = nullptr);
    ~ForkPlot() override;

    /// Null = nothing is measured yet.
    void showReport(std::shared_ptr<const ForkReport> report);
    void setPaperOverlay(PaperOverlay overlay);

    void fitValues() override;
    std::vector<PlotColumn> columns() const override;

    /// What is drawn, and where on the canvas (child "forkPlotCanvas").
    const PanelData& panel(int index) const;
    bool isShown(const QString& key) const { return !m_hidden.contains(key); }
    QPoint legendPixelOf(const QString& name) const;  ///< null point without such an entry
    QPoint pixelOf(int panel, double step, double value) const;
    AxisRange shownSteps() const;
    /// Step of the crosshair, if there is one.
    std::optional<double> cursorStep() const;
    /// What stands beside the crosshair in a panel; empty without one.
    QString readOut(int panel) const;
    /// What the tooltip says at a position of the canvas; empty = nothing.
    QString noteAt(QPointF position) const;

    QSize minimumSizeHint() const override;

protected:
    void rebuild() override;
    void stateShown(NavigationFields) override {}
    void phasesShown() override {}
    QString emptyText() const override;
    std::optional<AxisRange> stepRange() const override;
    bool localKey(int key) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void connectInput();
    void click(QPointF position);
    void hover(QPointF position);
    void moveCursor(int delta);
    void setCursorRow(int row);
    void setSteps(AxisRange steps);
    void paintCursor(QCPPainter& painter) const;
    void paintBadges(QCPPainter& painter) const;
    QString description() const;

    std::shared_ptr<const ForkReport> m_report;
    std::vector<double> m_steps;
    PaperOverlay m_paper = PaperOverlay::Hidden;
    ValueScale m_gapScale = ValueScale::Asinh;  ///< key Y
    bool m_showsLegend = true;
    int m_cursorRow = -1;
    std::optional<AxisRange> m_ownSteps;  ///< of zooming
    std::set<QString> m_hidden;
    StepInteraction* m_interaction;
    std::unique_ptr<PanelStack> m_stack;
    std::unique_ptr<PaintedLayer> m_cursorLayer, m_badgeLayer;
};

}  // namespace gridscope::views
