// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/outline_plot.h"

#include "views/plot/outline_picture.h"

namespace gridscope::views {

OutlinePlot::OutlinePlot(OutlineKind kind, const QString& objectName, const QString& accessibleName,
                         QWidget* parent)
    : PlotWidget(objectName, accessibleName, parent),
      m_kind(kind),
      m_picture(std::make_unique<OutlinePicture>(plot())) {}

OutlinePlot::~OutlinePlot() = default;

void OutlinePlot::setOverlay(std::vector<int> rows) {
    if (rows == m_overlay) return;
    m_overlay = std::move(rows);
    rebuild();
}

QSize OutlinePlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 16, em * 10};
}

void OutlinePlot::rebuild() {
    OutlineChoice choice;
    choice.histogram = {state().grid.toStdString(), currentLayer()};
    choice.currentRow = currentRow();
    choice.overlay = m_overlay;
    choice.kind = m_kind;
    m_picture->build(data(), choice, plotStyle());
    describe(m_picture->caption(), m_picture->isEmpty());
    replotLater();
}

void OutlinePlot::stateShown(NavigationFields changed) {
    using enum NavigationField;
    if (changed & (NavigationFields(Run) | Checkpoint | Layer | Grid)) rebuild();
}

QString OutlinePlot::emptyText() const {
    if (data() == nullptr || data()->rowCount() == 0) return tr("Pick a probed checkpoint.");
    return missingText();
}

}  // namespace gridscope::views
