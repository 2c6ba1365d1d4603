// SPDX-License-Identifier: GPL-3.0-or-later

// A table of finished cells that sorts, and copies its selected rows with Ctrl+C.
#pragma once

#include <QTableView>

class QSortFilterProxyModel;

namespace gridscope::views {

class CellTableModel;
struct CellTable;

enum class TableSorting { Off, ByHeading };

class CellTableView : public QTableView {
    Q_OBJECT
public:
    CellTableView(const QString& objectName, const QString& accessibleName, TableSorting sorting,
                  QWidget* parent = nullptr);

    void showTable(CellTable table);
    void setColors(const std::vector<QColor>& colors);
    CellTableModel& cells() const { return *m_cells; }

    /// High enough for all rows.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    /// Selected rows, or all without a selection, as they are seen.
    void copy() const;

    CellTableModel* m_cells;
    QSortFilterProxyModel* m_proxy;
};

}  // namespace gridscope::views
