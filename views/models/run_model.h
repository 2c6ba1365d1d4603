// SPDX-License-Identifier: GPL-3.0-or-later

// The open runs, one line each.
#pragma once

#include <QAbstractTableModel>
#include <QColor>

#include <map>
#include <vector>

#include "views/navigation/navigation_state.h"

namespace gridscope::views {

struct RunRow {
    RunId id;
    QString name;
    QString place;  ///< folder or file, for the tooltip
    QColor colour;
    int probed = 0;
    int checkpoints = 0;
    int grids = 0;
    bool readOnly = false;
    bool visible = true;
};

class RunModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Probed, Grids, Access, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;

    /// Ticks and colours of runs that were there stay.
    void setRuns(std::vector<RunRow> runs);
    /// The colours in which the plots draw the runs; none for those that are missing.
    void setColors(const std::map<RunId, QColor>& colors);
    RunId idAt(int row) const;
    int rowOf(RunId id) const;  ///< -1 = not open
    bool isVisible(RunId id) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

signals:
    void visibilityChanged(gridscope::views::RunId run, bool visible);

private:
    std::vector<RunRow> m_runs;
};

}  // namespace gridscope::views
