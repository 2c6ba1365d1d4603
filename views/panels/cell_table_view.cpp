// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/cell_table_view.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QResizeEvent>
#include <QScrollBar>
#include <QSortFilterProxyModel>

#include <algorithm>
#include <numeric>

#include "views/models/cell_table_model.h"

namespace gridscope::views {

CellTableView::CellTableView(const QString& objectName, const QString& accessibleName,
                             TableSorting sorting, QWidget* parent)
    : QTableView(parent),
      m_cells(new CellTableModel(this)),
      m_proxy(new QSortFilterProxyModel(this)) {
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    m_proxy->setSourceModel(m_cells);
    m_proxy->setSortRole(CellTableModel::kSortRole);
    setModel(m_proxy);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setAlternatingRowColors(true);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setCornerButtonEnabled(false);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().lineSpacing() * 3 / 2);
    horizontalHeader()->setHighlightSections(false);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Maximum);
    if (sorting == TableSorting::ByHeading) {
        setSortingEnabled(true);
        sortByColumn(-1, Qt::AscendingOrder);  // as given, until a heading is clicked
        // Every column would keep room for an arrow that only one has.
        horizontalHeader()->setSortIndicatorShown(false);
        connect(horizontalHeader(), &QHeaderView::sortIndicatorChanged, this, [this](int column) {
            horizontalHeader()->setSortIndicatorShown(column >= 0);
            if (column >= 0) resizeColumnToContents(column);
        });
    }
    auto* copyRows = new QAction(tr("Copy"), this);
    copyRows->setObjectName(objectName + QStringLiteral("Copy"));
    copyRows->setShortcut(QKeySequence::Copy);
    copyRows->setShortcutContext(Qt::WidgetShortcut);
    addAction(copyRows);
    setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(copyRows, &QAction::triggered, this, &CellTableView::copy);
}

void CellTableView::showTable(CellTable table) {
    m_cells->setTable(std::move(table));
    resizeColumnsToContents();
    updateGeometry();
}

void CellTableView::setColors(const std::vector<QColor>& colors) { m_cells->setColors(colors); }

QSize CellTableView::sizeHint() const {
    const int frame = 2 * frameWidth();
    const bool scrolls = horizontalHeader()->length() > width() - frame;
    return {horizontalHeader()->length() + frame,
            verticalHeader()->length() + horizontalHeader()->sizeHint().height() + frame +
                (scrolls ? horizontalScrollBar()->sizeHint().height() : 0)};
}

QSize CellTableView::minimumSizeHint() const {
    return {fontMetrics().averageCharWidth() * 30, sizeHint().height()};
}

void CellTableView::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    if (event->oldSize().width() != event->size().width()) updateGeometry();
}

void CellTableView::copy() const {
    std::vector<int> rows;
    for (const QModelIndex& index : selectionModel()->selectedRows()) rows.push_back(index.row());
    std::sort(rows.begin(), rows.end());
    if (rows.empty()) {
        rows.resize(static_cast<std::size_t>(m_proxy->rowCount()));
        std::iota(rows.begin(), rows.end(), 0);
    }
    QGuiApplication::clipboard()->setText(tabSeparated(*m_proxy, rows));
}

}  // namespace gridscope::views
