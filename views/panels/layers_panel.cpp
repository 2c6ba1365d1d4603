// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/layers_panel.h"

#include <QHeaderView>
#include <QSignalBlocker>
#include <QTreeView>
#include <QVBoxLayout>

#include "views/models/layer_model.h"

namespace gridscope::views {

LayersPanel::LayersPanel(LayerModel* model, QWidget* parent)
    : QWidget(parent), m_model(model), m_tree(new QTreeView(this)) {
    setObjectName(QStringLiteral("layersPanel"));
    m_tree->setObjectName(QStringLiteral("layerTree"));
    m_tree->setAccessibleName(tr("Layers"));
    m_tree->setModel(model);
    m_tree->setUniformRowHeights(true);
    m_tree->setIndentation(fontMetrics().averageCharWidth() * 2);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_tree->header()->setResizeContentsPrecision(0);  // only the rows in sight are measured
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_tree);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                const int layer = m_model->layerAt(current);
                if (layer >= 0 || m_model->isAllMatrices(current)) emit layerActivated(layer);
            });
    connect(model, &QAbstractItemModel::modelReset, m_tree, &QTreeView::expandAll);
}

void LayersPanel::showLayer(std::optional<int> layer) {
    const QModelIndex index = layer ? m_model->indexOfLayer(*layer) : m_model->indexOfAll();
    const QSignalBlocker blocker(m_tree->selectionModel());
    m_tree->setCurrentIndex(index);
    if (index.isValid()) m_tree->scrollTo(index);
    m_tree->viewport()->update();
}

}  // namespace gridscope::views
