// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/layer_model.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "views/models/number_text.h"

namespace gridscope::views {

namespace {

// internalId: 0 for a line of the top level, that line's row for a matrix below it. Row 0 of the
// top level stands for all matrices, so block i is row i + 1.
constexpr quintptr kTopId = 0;

constexpr std::size_t blockOf(quintptr topRow) { return static_cast<std::size_t>(topRow - 1); }

}  // namespace

void LayerModel::setLayers(const std::vector<LayerInfo>& layers) {
    if (layers == m_layers) return;
    beginResetModel();
    m_layers = layers;
    m_values.ofLayers.clear();
    m_values.ofAll = kNotMeasured;
    m_blocks.clear();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        auto block = std::find_if(m_blocks.begin(), m_blocks.end(), [&](const Block& known) {
            return known.number == layers[i].block;
        });
        if (block == m_blocks.end())
            block = m_blocks.insert(m_blocks.end(), Block{layers[i].block, {}});
        block->layers.push_back(static_cast<int>(i));
    }
    std::stable_sort(m_blocks.begin(), m_blocks.end(),
                     [](const Block& a, const Block& b) { return a.number < b.number; });
    endResetModel();
}

void LayerModel::setValues(LayerValues values) {
    const bool isRenamed = values.title != m_values.title || values.note != m_values.note;
    m_values = std::move(values);
    if (isRenamed) emit headerDataChanged(Qt::Horizontal, Value, Value);
    if (m_blocks.empty()) return;
    for (int row = 1; row < rowCount(); ++row) {
        const QModelIndex parent = index(row, 0);
        emit dataChanged(index(0, Value, parent), index(rowCount(parent) - 1, Value, parent));
    }
    emit dataChanged(index(0, Value), index(rowCount() - 1, Value));
}

int LayerModel::layerAt(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kTopId) return -1;
    return m_blocks[blockOf(index.internalId())].layers[static_cast<std::size_t>(index.row())];
}

bool LayerModel::isAllMatrices(const QModelIndex& index) const {
    return index.isValid() && index.internalId() == kTopId && index.row() == 0;
}

QModelIndex LayerModel::indexOfLayer(int layer, int column) const {
    for (std::size_t block = 0; block < m_blocks.size(); ++block) {
        const auto& layers = m_blocks[block].layers;
        const auto found = std::find(layers.begin(), layers.end(), layer);
        if (found != layers.end())
            return createIndex(static_cast<int>(found - layers.begin()), column,
                               static_cast<quintptr>(block + 1));
    }
    return {};
}

QModelIndex LayerModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent)) return {};
    if (!parent.isValid()) return createIndex(row, column, kTopId);
    return createIndex(row, column, static_cast<quintptr>(parent.row()));
}

QModelIndex LayerModel::parent(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kTopId) return {};
    return createIndex(static_cast<int>(index.internalId()), 0, kTopId);
}

int LayerModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) return m_blocks.empty() ? 0 : static_cast<int>(m_blocks.size()) + 1;
    if (parent.internalId() != kTopId || parent.column() != 0 || parent.row() == 0) return 0;
    return static_cast<int>(m_blocks[blockOf(static_cast<quintptr>(parent.row()))].layers.size());
}

int LayerModel::columnCount(const QModelIndex&) const { return ColumnCount; }

double LayerModel::valueOfBlock(const Block& block) const {
    double sum = 0.0;
    int count = 0;
    for (const int layer : block.layers) {
        const auto i = static_cast<std::size_t>(layer);
        if (i >= m_values.ofLayers.size() || !std::isfinite(m_values.ofLayers[i])) continue;
        sum += m_values.ofLayers[i];
        ++count;
    }
    return count == 0 ? kNotMeasured : sum / count;
}

QVariant LayerModel::topData(int row, int column) const {
    if (row == 0) {
        if (column == Name) return tr("All matrices");
        return column == Value ? QVariant(numberText(m_values.ofAll)) : QVariant();
    }
    const Block& block = m_blocks[static_cast<std::size_t>(row - 1)];
    if (column == Name)
        return block.number < 0 ? tr("Outside the blocks") : tr("Block %1").arg(block.number);
    return column == Value ? QVariant(numberText(valueOfBlock(block))) : QVariant();
}

QVariant LayerModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue<Qt::Alignment>(
            (index.column() == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    if (index.internalId() == kTopId) return topData(index.row(), index.column());
    const auto layer = static_cast<std::size_t>(layerAt(index));
    const LayerInfo& info = m_layers[layer];
    switch (index.column()) {
    case Name:
        return QString::fromStdString(
            escapeForDisplay(role == Qt::ToolTipRole ? info.name : info.kind));
    case Shape:
        return QStringLiteral("%1 × %2").arg(info.rows).arg(info.columns);
    case Value:
        return numberText(layer < m_values.ofLayers.size() ? m_values.ofLayers[layer]
                                                           : kNotMeasured);
    default:
        return {};
    }
}

QVariant LayerModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::ToolTipRole && section == Value && !m_values.note.isEmpty())
        return m_values.note;
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Name:
        return tr("Layer");
    case Shape:
        return tr("Shape");
    case Value:
        return m_values.title.isEmpty() ? tr("Value") : m_values.title;
    default:
        return {};
    }
}

}  // namespace gridscope::views
