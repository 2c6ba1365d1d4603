// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/dialogs/plot_table_dialog.h"

#include <QClipboard>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

#include "views/models/plot_table_model.h"

namespace gridscope::views {

namespace {

/// Position of `value` in the first column, -1 = none.
int rowOf(const std::vector<PlotColumn>& columns, double value) {
    if (columns.empty()) return -1;
    const std::vector<double>& first = columns.front().values;
    const auto found = std::find(first.begin(), first.end(), value);
    return found == first.end() ? -1 : static_cast<int>(found - first.begin());
}

}  // namespace

PlotTableDialog::PlotTableDialog(const QString& title, std::vector<PlotColumn> columns,
                                 std::optional<double> selected, QWidget* parent)
    : QDialog(parent) {
    setObjectName(QStringLiteral("plotTableDialog"));
    setWindowTitle(tr("%1 as Table").arg(title));
    const int selectedRow = selected ? rowOf(columns, *selected) : -1;
    auto* model = new PlotTableModel(std::move(columns), this);
    auto* table = new QTableView(this);
    table->setObjectName(QStringLiteral("plotTable"));
    table->setAccessibleName(windowTitle());
    table->setModel(model);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setAlternatingRowColors(true);
    table->setWordWrap(false);
    table->resizeColumnsToContents();
    table->verticalHeader()->setDefaultSectionSize(fontMetrics().lineSpacing() * 3 / 2);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* copy = buttons->addButton(tr("Copy Table"), QDialogButtonBox::ActionRole);
    copy->setObjectName(QStringLiteral("plotTableCopy"));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(table, 1);
    layout->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 110, fontMetrics().lineSpacing() * 30);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(copy, &QPushButton::clicked, this,
            [model] { QGuiApplication::clipboard()->setText(model->toTabSeparated()); });
    if (selectedRow < 0) return;
    table->selectRow(selectedRow);
    table->scrollTo(model->index(selectedRow, 0));
}

}  // namespace gridscope::views
