// SPDX-License-Identifier: GPL-3.0-or-later

// Histograms of several checkpoints in one rect: residual densities or code shares.
#pragma once

#include <QString>

#include <memory>
#include <vector>

#include "views/plot/layer_histogram.h"
#include "views/plot/painted_layer.h"
#include "views/plot/plot_backend.h"
#include "views/plot/plot_scale.h"
#include "views/style/plot_style.h"

namespace gridscope::views {

enum class OutlineKind { Residuals, Codes };

struct OutlineChoice {
    HistogramChoice histogram;
    int currentRow = -1;
    std::vector<int> overlay;  ///< more rows, at most 8 are drawn
    OutlineKind kind = OutlineKind::Residuals;
};

/// One drawn histogram.
struct Outline {
    int row = -1;
    double step = 0;
    std::vector<double> edges;  ///< one more than heights
    std::vector<double> heights;
};

class OutlinePicture {
public:
    /// `plot` must outlive the picture.
    explicit OutlinePicture(QCustomPlot& plot);
    ~OutlinePicture();

    /// A null table empties the picture.
    void build(const SeriesTable* table, const OutlineChoice& choice, const PlotStyle& style);
    bool isEmpty() const { return m_outlines.empty(); }
    const std::vector<Outline>& outlines() const { return m_outlines; }
    /// What is shown, with weights, edge mass or entropy.
    const QString& caption() const { return m_caption; }
    QCPAxisRect* rect() const { return m_rect; }
    QCPLegend* legend() const { return m_legend; }

private:
    void collect(const SeriesTable& table, const OutlineChoice& choice);
    QColor outlineColor(double position) const;
    void drawOutline(const Outline& outline, bool isCurrent, double position, std::size_t index);
    void drawBars(const Outline& outline, double position);
    void paintReferences(QCPPainter& painter) const;
    void addReferenceLines();
    AxisRange heightRange() const;
    QString captionOf(const SeriesTable& table, const OutlineChoice& choice) const;

    QCustomPlot& m_plot;
    PlotStyle m_style;
    OutlineKind m_kind = OutlineKind::Residuals;
    std::vector<Outline> m_outlines;
    double m_noise = kNotMeasured;  ///< of the current row
    QString m_caption;
    QString m_firstFacts;
    QCPAxisRect* m_rect = nullptr;
    QCPLegend* m_legend = nullptr;
    std::unique_ptr<PaintedLayer> m_references;
};

}  // namespace gridscope::views
