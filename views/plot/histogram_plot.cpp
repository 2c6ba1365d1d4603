// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/histogram_plot.h"

#include "views/plot/outline_picture.h"

namespace gridscope::views {

HistogramPlot::HistogramPlot(QWidget* parent)
    : PlotWidget(QStringLiteral("histogramPlot"), tr("Bin misalignment histogram"), parent),
      m_picture(std::make_unique<OutlinePicture>(plot())) {
    rebuild();
}

HistogramPlot::~HistogramPlot() = default;

void HistogramPlot::setOverlay(std::vector<int> rows) {
    m_overlay = std::move(rows);
    rebuild();
}

std::vector<PlotColumn> HistogramPlot::columns() const { return residualColumns(*m_picture); }

QSize HistogramPlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 16, em * 10};
}

void HistogramPlot::rebuild() {
    OutlineChoice choice;
    choice.histogram = {state().grid.toStdString(), currentLayer()};
    choice.currentRow = currentRow();
    choice.overlay = m_overlay;
    choice.kind = OutlineKind::Residuals;
    m_picture->build(data(), choice, plotStyle());
    describe(m_picture->caption(), m_picture->isEmpty());
    replotLater();
}

void HistogramPlot::stateShown(NavigationFields changed) {
    using enum NavigationField;
    if (changed & (NavigationFields(Run) | Checkpoint | Layer | Grid)) rebuild();
}

QString HistogramPlot::emptyText() const {
    if (data() == nullptr || data()->rowCount() == 0) return tr("Pick a probed checkpoint.");
    return tr("Residuals were not measured for this checkpoint and grid.");
}

}  // namespace gridscope::views
