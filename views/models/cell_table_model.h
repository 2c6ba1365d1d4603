// SPDX-License-Identifier: GPL-3.0-or-later

// A small table of finished cells, read-only; copied as tab-separated text.
#pragma once

#include <QAbstractTableModel>
#include <QColor>
#include <QStringList>

#include <optional>
#include <set>
#include <vector>

namespace gridscope::views {

struct TableCell {
    QString text;
    QVariant order = {};  ///< that sorting goes by: a number or a text; invalid = missing, last
    QString tip = {};
};

struct TableRow {
    std::vector<TableCell> cells;
    /// Series of the plot that the row is about, which gives its colour.
    std::optional<std::size_t> series = {};
};

struct CellTable {
    QStringList headings;
    QStringList tips;  ///< of the headings; shorter = none for the rest
    std::vector<TableRow> rows;
    std::set<int> textColumns{0};  ///< begin at the left; the others hold numbers
};

class CellTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    static constexpr int kSortRole = Qt::UserRole;

    explicit CellTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setTable(CellTable table);
    /// Colours of the series, shown as a swatch in the first column.
    void setColors(std::vector<QColor> colors);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    CellTable m_table;
    std::vector<QColor> m_colors;
};

/// Headings and the given rows of `model` as they are shown, separated by tabs; every line ends.
QString tabSeparated(const QAbstractItemModel& model, const std::vector<int>& rows);

}  // namespace gridscope::views
