// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/fork_run_model.h"

#include <algorithm>

#include "views/models/number_text.h"

namespace gridscope::views {

void ForkRunModel::setRuns(std::vector<ForkRunRow> runs) {
    const bool isSame =
        std::equal(m_runs.begin(), m_runs.end(), runs.begin(), runs.end(),
                   [](const ForkRunRow& a, const ForkRunRow& b) { return a.name == b.name; });
    if (!isSame) {
        beginResetModel();
        m_runs = std::move(runs);
        endResetModel();
        return;
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (runs[i] == m_runs[i]) continue;
        m_runs[i] = std::move(runs[i]);
        const int row = static_cast<int>(i);
        emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

int ForkRunModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int ForkRunModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ForkRunModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const ForkRunRow& run = m_runs[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole) return run.note;
    if (role == Qt::TextAlignmentRole && index.column() == Step)
        return int{Qt::AlignRight | Qt::AlignVCenter};
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
    case Name:
        return run.name;
    case State:
        return forkRunMoodText(run.mood);
    case Step:
        return run.step == 0 && run.trajectory.isEmpty() ? QString()
                                                         : stepText(static_cast<double>(run.step));
    case Note:
        return run.note;
    default:
        return {};
    }
}

QVariant ForkRunModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case Name:
        return tr("Run");
    case State:
        return tr("State");
    case Step:
        return tr("Step");
    case Note:
        return tr("Note");
    default:
        return {};
    }
}

QString forkRunMoodText(ForkRunMood mood) {
    switch (mood) {
    case ForkRunMood::Planned:
        return ForkRunModel::tr("planned");
    case ForkRunMood::Running:
        return ForkRunModel::tr("running");
    case ForkRunMood::Complete:
        return ForkRunModel::tr("complete");
    case ForkRunMood::Stopped:
        return ForkRunModel::tr("stopped");
    case ForkRunMood::Diverged:
        return ForkRunModel::tr("diverged");
    }
    return {};
}

}  // namespace gridscope::views
