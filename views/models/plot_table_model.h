// SPDX-License-Identifier: GPL-3.0-or-later

// The numbers of a plot as a table: same order and units, read-only.
#pragma once

#include <QAbstractTableModel>

#include <vector>

#include "views/plot/plot_columns.h"

namespace gridscope::views {

class PlotTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    /// @param columns of equal length
    explicit PlotTableModel(std::vector<PlotColumn> columns, QObject* parent = nullptr);

    /// Headings and rows, separated by tabs; numbers in the C locale, the shortest texts that read
    /// back as the same double, missing values empty.
    QString toTabSeparated() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    double at(int row, int column) const;

    std::vector<PlotColumn> m_columns;
};

}  // namespace gridscope::views
