// SPDX-License-Identifier: GPL-3.0-or-later

// The calibration of a bump: gap against FP32 perplexity, one point a condition.
#pragma once

#include <memory>

#include "core/training/fork_report.h"
#include "views/plot/plot_widget.h"

namespace gridscope::views {

class TradePicture;

class TradePlot : public PlotWidget {
    Q_OBJECT

public:
    explicit TradePlot(QWidget* parent = nullptr);
    ~TradePlot() override;

    /// Null = nothing is measured yet.
    void showReport(std::shared_ptr<const ForkReport> report);
    std::vector<PlotColumn> columns() const override;
    const TradePicture& picture() const { return *m_picture; }

    QSize minimumSizeHint() const override;

protected:
    void rebuild() override;
    void stateShown(NavigationFields) override {}
    void phasesShown() override {}
    QString emptyText() const override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    /// "oli, cool: gap 5.3 %, FP32 perplexity +1.2 %, Pareto-optimal".
    QString sentenceOf(std::size_t point) const;

    std::shared_ptr<const ForkReport> m_report;
    std::unique_ptr<TradePicture> m_picture;
};

}  // namespace gridscope::views
