// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/occupancy_plot.h"

#include "views/plot/outline_picture.h"

namespace gridscope::views {

OccupancyPlot::OccupancyPlot(QWidget* parent)
    : PlotWidget(QStringLiteral("occupancyPlot"), tr("Code occupancy"), parent),
      m_picture(std::make_unique<OutlinePicture>(plot())) {
    rebuild();
}

OccupancyPlot::~OccupancyPlot() = default;

void OccupancyPlot::setOverlay(std::vector<int> rows) {
    m_overlay = std::move(rows);
    rebuild();
}

std::vector<PlotColumn> OccupancyPlot::columns() const { return codeColumns(*m_picture); }

QSize OccupancyPlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 16, em * 10};
}

void OccupancyPlot::rebuild() {
    OutlineChoice choice;
    choice.histogram = {state().grid.toStdString(), currentLayer()};
    choice.currentRow = currentRow();
    choice.overlay = m_overlay;
    choice.kind = OutlineKind::Codes;
    m_picture->build(data(), choice, plotStyle());
    describe(m_picture->caption(), m_picture->isEmpty());
    replotLater();
}

void OccupancyPlot::stateShown(NavigationFields changed) {
    using enum NavigationField;
    if (changed & (NavigationFields(Run) | Checkpoint | Layer | Grid)) rebuild();
}

QString OccupancyPlot::emptyText() const {
    if (data() == nullptr || data()->rowCount() == 0) return tr("Pick a probed checkpoint.");
    return tr("Codes were not measured for this checkpoint and grid.");
}

}  // namespace gridscope::views
