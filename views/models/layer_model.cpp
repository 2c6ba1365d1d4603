// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/layer_model.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "views/models/number_text.h"

namespace gridscope::views {

namespace {

// internalId: 0 for a block, block row + 1 for a matrix.
constexpr quintptr kBlockId = 0;

}  // namespace

void LayerModel::setLayers(const std::vector<LayerInfo>& layers) {
    if (layers == m_layers) return;
    beginResetModel();
    m_layers = layers;
    m_values.clear();
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

void LayerModel::setValues(std::vector<double> values, const QString& title, const QString& note) {
    m_values = std::move(values);
    if (title != m_title || note != m_note) {
        m_title = title;
        m_note = note;
        emit headerDataChanged(Qt::Horizontal, Value, Value);
    }
    if (m_blocks.empty()) return;
    for (int block = 0; block < rowCount(); ++block) {
        const QModelIndex parent = index(block, 0);
        emit dataChanged(index(0, Value, parent), index(rowCount(parent) - 1, Value, parent));
    }
    emit dataChanged(index(0, Value), index(rowCount() - 1, Value));
}

int LayerModel::layerAt(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kBlockId) return -1;
    return m_blocks[index.internalId() - 1].layers[static_cast<std::size_t>(index.row())];
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
    if (!parent.isValid()) return createIndex(row, column, kBlockId);
    return createIndex(row, column, static_cast<quintptr>(parent.row() + 1));
}

QModelIndex LayerModel::parent(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kBlockId) return {};
    return createIndex(static_cast<int>(index.internalId() - 1), 0, kBlockId);
}

int LayerModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) return static_cast<int>(m_blocks.size());
    if (parent.internalId() != kBlockId || parent.column() != 0) return 0;
    return static_cast<int>(m_blocks[static_cast<std::size_t>(parent.row())].layers.size());
}

int LayerModel::columnCount(const QModelIndex&) const { return ColumnCount; }

double LayerModel::valueOfBlock(const Block& block) const {
    double sum = 0.0;
    int count = 0;
    for (const int layer : block.layers) {
        const auto i = static_cast<std::size_t>(layer);
        if (i >= m_values.size() || !std::isfinite(m_values[i])) continue;
        sum += m_values[i];
        ++count;
    }
    return count == 0 ? kNotMeasured : sum / count;
}

QVariant LayerModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue<Qt::Alignment>(
            (index.column() == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    if (index.internalId() == kBlockId) {
        const Block& block = m_blocks[static_cast<std::size_t>(index.row())];
        if (index.column() == Name)
            return block.number < 0 ? tr("Outside the blocks") : tr("Block %1").arg(block.number);
        if (index.column() == Value) return numberText(valueOfBlock(block));
        return {};
    }
    const auto layer = static_cast<std::size_t>(layerAt(index));
    const LayerInfo& info = m_layers[layer];
    switch (index.column()) {
    case Name:
        return QString::fromStdString(
            escapeForDisplay(role == Qt::ToolTipRole ? info.name : info.kind));
    case Shape:
        return QStringLiteral("%1 × %2").arg(info.rows).arg(info.columns);
    case Value:
        return numberText(layer < m_values.size() ? m_values[layer] : kNotMeasured);
    default:
        return {};
    }
}

QVariant LayerModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::ToolTipRole && section == Value && !m_note.isEmpty()) return m_note;
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Name:
        return tr("Layer");
    case Shape:
        return tr("Shape");
    case Value:
        return m_title.isEmpty() ? tr("Value") : m_title;
    default:
        return {};
    }
}

}  // namespace gridscope::views
