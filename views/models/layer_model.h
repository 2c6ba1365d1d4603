// SPDX-License-Identifier: GPL-3.0-or-later

// Blocks and their matrices as a tree, with the value of the current metric.
#pragma once

#include <QAbstractItemModel>

#include <vector>

#include "core/trajectory/record.h"

namespace gridscope::views {

/// Values of the current checkpoint and metric, NaN where missing.
struct LayerValues {
    std::vector<double> ofLayers;  ///< [layers]
    double ofAll = kNotMeasured;   ///< of all matrices together
    QString title;                 ///< of the metric with its unit, the heading of the column
    QString note;                  ///< why this metric, for the tooltip of the heading
};

/// The first line stands for all matrices, the others are blocks.
class LayerModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Name, Value, Shape, ColumnCount };
    using QAbstractItemModel::QAbstractItemModel;

    void setLayers(const std::vector<LayerInfo>& layers);
    void setValues(LayerValues values);

    /// Index into Trajectory::layers, or -1 for a block and for all matrices.
    int layerAt(const QModelIndex& index) const;
    bool isAllMatrices(const QModelIndex& index) const;
    QModelIndex indexOfAll() const { return index(0, 0); }
    QModelIndex indexOfLayer(int layer, int column = 0) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Block {
        int number = -1;
        std::vector<int> layers;
    };
    double valueOfBlock(const Block& block) const;  ///< mean of its measured matrices
    QVariant topData(int row, int column) const;

    std::vector<LayerInfo> m_layers;
    std::vector<Block> m_blocks;  ///< ascending
    LayerValues m_values;
};

}  // namespace gridscope::views
