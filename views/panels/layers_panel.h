// SPDX-License-Identifier: GPL-3.0-or-later

// The matrices of the model; selecting one makes it the current layer.
#pragma once

#include <QWidget>

#include <optional>

class QTreeView;

namespace gridscope::views {

class LayerModel;

class LayersPanel : public QWidget {
    Q_OBJECT
public:
    explicit LayersPanel(LayerModel* model, QWidget* parent = nullptr);
    void showLayer(std::optional<int> layer);

signals:
    /// Index into Trajectory::layers, -1 for all matrices together.
    void layerActivated(int layer);

private:
    LayerModel* m_model;
    QTreeView* m_tree;
};

}  // namespace gridscope::views
