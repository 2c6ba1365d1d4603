// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/plot_table_model.h"

#include <QLocale>
#include <QStringList>

#include <cmath>

#include "core/base/error.h"
#include "core/base/numbers.h"

namespace gridscope::views {

namespace {

constexpr int kShownDigits = 7;

}  // namespace

PlotTableModel::PlotTableModel(std::vector<PlotColumn> columns, QObject* parent)
    : QAbstractTableModel(parent), m_columns(std::move(columns)) {}

double PlotTableModel::at(int row, int column) const {
    return m_columns[static_cast<std::size_t>(column)].values[static_cast<std::size_t>(row)];
}

QString PlotTableModel::toTabSeparated() const {
    QStringList lines;
    QStringList cells;
    for (int column = 0; column < columnCount(); ++column)
        cells << headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    lines << cells.join(u'\t');
    for (int row = 0; row < rowCount(); ++row) {
        cells.clear();
        for (int column = 0; column < columnCount(); ++column) {
            const double value = at(row, column);
            cells << (std::isnan(value) ? QString() : QString::fromStdString(formatNumber(value)));
        }
        lines << cells.join(u'\t');
    }
    return lines.join(u'\n') + u'\n';
}

int PlotTableModel::rowCount(const QModelIndex& parent) const {
    if (parent.isValid() || m_columns.empty()) return 0;
    return static_cast<int>(m_columns.front().values.size());
}

int PlotTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant PlotTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue<Qt::Alignment>(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    const double value = at(index.row(), index.column());
    if (std::isnan(value)) return QStringLiteral("–");
    if (value == std::round(value) && std::fabs(value) < 1e12)
        return QLocale().toString(value, 'f', 0);
    return QLocale().toString(value, 'g', kShownDigits);
}

QVariant PlotTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    if (section < 0 || section >= columnCount()) return {};
    return QString::fromStdString(
        escapeForDisplay(m_columns[static_cast<std::size_t>(section)].header, 200));
}

}  // namespace gridscope::views
