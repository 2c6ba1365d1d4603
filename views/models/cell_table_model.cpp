// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/cell_table_model.h"

#include <utility>

namespace gridscope::views {

void CellTableModel::setTable(CellTable table) {
    beginResetModel();
    m_table = std::move(table);
    endResetModel();
}

void CellTableModel::setColors(std::vector<QColor> colors) {
    m_colors = std::move(colors);
    if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, 0), {Qt::DecorationRole});
}

int CellTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_table.rows.size());
}

int CellTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_table.headings.size());
}

QVariant CellTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const TableRow& row = m_table.rows[static_cast<std::size_t>(index.row())];
    const TableCell& cell = row.cells[static_cast<std::size_t>(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        return cell.text;
    case Qt::ToolTipRole:
        return cell.tip.isEmpty() ? QVariant() : cell.tip;
    case kSortRole:
        return cell.order;
    case Qt::TextAlignmentRole:
        return QVariant::fromValue<Qt::Alignment>(
            (m_table.textColumns.contains(index.column()) ? Qt::AlignLeft : Qt::AlignRight) |
            Qt::AlignVCenter);
    case Qt::DecorationRole:
        if (index.column() == 0 && row.series && !m_colors.empty())
            return m_colors[*row.series % m_colors.size()];
        return {};
    default:
        return {};
    }
}

QVariant CellTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
    if (role == Qt::DisplayRole) return m_table.headings[section];
    if (role == Qt::ToolTipRole && section < m_table.tips.size()) return m_table.tips[section];
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue<Qt::Alignment>(
            (m_table.textColumns.contains(section) ? Qt::AlignLeft : Qt::AlignRight) |
            Qt::AlignVCenter);
    return {};
}

QString tabSeparated(const QAbstractItemModel& model, const std::vector<int>& rows) {
    QStringList cells;
    for (int column = 0; column < model.columnCount(); ++column)
        cells << model.headerData(column, Qt::Horizontal, Qt::DisplayRole)
                     .toString()
                     .replace(u'\n', u' ');
    QString text = cells.join(u'\t') + u'\n';
    for (const int row : rows) {
        cells.clear();
        for (int column = 0; column < model.columnCount(); ++column)
            cells << model.index(row, column).data().toString();
        text += cells.join(u'\t') + u'\n';
    }
    return text;
}

}  // namespace gridscope::views
