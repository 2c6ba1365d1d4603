// SPDX-License-Identifier: GPL-3.0-or-later

// The runs of a fork experiment with their states, one line each.
#pragma once

#include <QAbstractTableModel>

#include <vector>

#include "views/pages/fork_choice.h"

namespace gridscope::views {

class ForkRunModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, State, Step, Note, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;

    /// Selections stay where the runs are the same.
    void setRuns(std::vector<ForkRunRow> runs);
    const std::vector<ForkRunRow>& runs() const { return m_runs; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<ForkRunRow> m_runs;
};

QString forkRunMoodText(ForkRunMood mood);

}  // namespace gridscope::views
