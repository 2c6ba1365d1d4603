// SPDX-License-Identifier: GPL-3.0-or-later

// Learning rate against step for the conditions of a fork design, with its probes by class.
#pragma once

#include <optional>
#include <vector>

#include "views/plot/plot_widget.h"
#include "views/plot/schedule_lines.h"

class QCPAxisRect;
class QCPGraph;

namespace gridscope::views {

class SchedulePlot : public PlotWidget {
    Q_OBJECT

public:
    explicit SchedulePlot(QWidget* parent = nullptr);
    ~SchedulePlot() override;

    /// May be unfinished: what can be drawn is drawn. Another stretch of steps drops the zoom.
    void setDesign(const ForkDesign& design);

    const std::vector<ScheduleLine>& lines() const { return m_lines; }
    AxisRange shownSteps() const;
    /// Rates at the probes, by condition.
    std::vector<PlotColumn> columns() const override;
    QSize minimumSizeHint() const override;

protected:
    void rebuild() override;
    void stateShown(NavigationFields changed) override;
    QString emptyText() const override;
    std::optional<AxisRange> stepRange() const override { return shownSteps(); }
    /// Y: linear or logarithmic rates.
    bool localKey(int key) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void setSteps(AxisRange steps);
    void addLine(std::size_t index);
    void addMarks(std::size_t index);
    void addLegend();
    std::vector<QCPGraph*> legendEntries();
    void fitRates();
    QString description() const;

    std::vector<ScheduleLine> m_lines;
    std::optional<AxisRange> m_zoom;
    std::optional<AxisRange> m_rates;  ///< chosen by the user
    bool m_isLogarithmic = false;
    QCPAxisRect* m_rect = nullptr;  ///< of the plot
};

}  // namespace gridscope::views
