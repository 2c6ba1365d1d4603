// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/run_model.h"

#include <algorithm>

namespace gridscope::views {

void RunModel::setRuns(std::vector<RunRow> runs) {
    const bool same = std::equal(m_runs.begin(), m_runs.end(), runs.begin(), runs.end(),
                                 [](const RunRow& a, const RunRow& b) { return a.id == b.id; });
    if (same) {
        for (std::size_t i = 0; i < runs.size(); ++i) {
            runs[i].visible = m_runs[i].visible;
            runs[i].colour = m_runs[i].colour;
        }
        m_runs = std::move(runs);
        if (!m_runs.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    for (RunRow& run : runs)
        if (const int before = rowOf(run.id); before >= 0) {
            run.visible = m_runs[static_cast<std::size_t>(before)].visible;
            run.colour = m_runs[static_cast<std::size_t>(before)].colour;
        }
    m_runs = std::move(runs);
    endResetModel();
}

void RunModel::setColors(const std::map<RunId, QColor>& colors) {
    for (std::size_t i = 0; i < m_runs.size(); ++i) {
        const auto found = colors.find(m_runs[i].id);
        const QColor color = found == colors.end() ? QColor() : found->second;
        if (m_runs[i].colour == color) continue;
        m_runs[i].colour = color;
        const QModelIndex changed = index(static_cast<int>(i), Name);
        emit dataChanged(changed, changed, {Qt::DecorationRole});
    }
}

RunId RunModel::idAt(int row) const {
    return row < 0 || row >= rowCount() ? RunId{} : m_runs[static_cast<std::size_t>(row)].id;
}

int RunModel::rowOf(RunId id) const {
    const auto found = std::find_if(m_runs.begin(), m_runs.end(),
                                    [id](const RunRow& run) { return run.id == id; });
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

bool RunModel::isVisible(RunId id) const {
    const int row = rowOf(id);
    return row >= 0 && m_runs[static_cast<std::size_t>(row)].visible;
}

int RunModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int RunModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RunModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const RunRow& run = m_runs[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole) return run.place;
    if (role == Qt::CheckStateRole && index.column() == Name)
        return run.visible ? Qt::Checked : Qt::Unchecked;
    if (role == Qt::DecorationRole && index.column() == Name && run.colour.isValid())
        return run.colour;
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
    case Name:
        return run.name;
    case Probed:
        return tr("%1 of %2").arg(run.probed).arg(run.checkpoints);
    case Grids:
        return run.grids;
    case Access:
        return run.readOnly ? tr("read-only") : QString();
    default:
        return {};
    }
}

bool RunModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || index.column() != Name ||
        !checkIndex(index, CheckIndexOption::IndexIsValid))
        return false;
    RunRow& run = m_runs[static_cast<std::size_t>(index.row())];
    run.visible = value.toInt() == Qt::Checked;
    emit dataChanged(index, index, {Qt::CheckStateRole});
    emit visibilityChanged(run.id, run.visible);
    return true;
}

QVariant RunModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case Name:
        return tr("Run");
    case Probed:
        return tr("Probed");
    case Grids:
        return tr("Grids");
    case Access:
        return tr("Access");
    default:
        return {};
    }
}

Qt::ItemFlags RunModel::flags(const QModelIndex& index) const {
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.isValid() && index.column() == Name ? flags | Qt::ItemIsUserCheckable : flags;
}

}  // namespace gridscope::views
