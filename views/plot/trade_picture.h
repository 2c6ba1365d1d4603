// SPDX-License-Identifier: GPL-3.0-or-later

// What the gap of each condition costs in FP32 perplexity; drawn by screen and figures alike.
#pragma once

#include <QString>

#include <memory>
#include <vector>

#include "core/training/fork_report.h"
#include "views/plot/painted_layer.h"
#include "views/plot/plot_backend.h"
#include "views/plot/plot_columns.h"
#include "views/style/plot_style.h"

namespace gridscope::views {

class TradePicture {
public:
    /// `plot` must outlive the picture.
    explicit TradePicture(QCustomPlot& plot);
    ~TradePicture();

    /// A null report empties the picture.
    void build(std::shared_ptr<const ForkReport> report, const PlotStyle& style);
    bool isEmpty() const { return !m_report || m_report->trade.empty(); }
    /// Where a point is drawn and what stands beside it.
    QPointF pixelOf(std::size_t point) const;
    QString labelOf(std::size_t point) const;
    /// Points of the Pareto front by ascending perplexity: indexes into the report's `trade`.
    std::vector<std::size_t> front() const;
    /// Point within a few pixels of a position, or -1.
    int pointAt(QPointF position) const;

private:
    void fitRanges();
    void paint(QCPPainter& painter) const;
    void paintLabels(QCPPainter& painter) const;

    QCustomPlot& m_plot;
    PlotStyle m_style;
    std::shared_ptr<const ForkReport> m_report;
    QCPAxisRect* m_rect = nullptr;
    std::unique_ptr<PaintedLayer> m_points;
};

/// The points in the order of the report: condition (by number, named in the heading), FP32
/// perplexity above the control's, gap, 1 for a point of the Pareto front.
std::vector<PlotColumn> tradeColumns(const ForkReport& report);

}  // namespace gridscope::views
