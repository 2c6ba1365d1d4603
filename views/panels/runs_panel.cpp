// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/runs_panel.h"

#include <QHeaderView>
#include <QMenu>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

#include "views/models/run_model.h"

namespace gridscope::views {

RunsPanel::RunsPanel(RunModel* model, QWidget* parent)
    : QWidget(parent), m_model(model), m_table(new QTableView(this)) {
    setObjectName(QStringLiteral("runsPanel"));
    m_table->setObjectName(QStringLiteral("runTable"));
    m_table->setAccessibleName(tr("Open runs"));
    m_table->setModel(model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().lineSpacing() * 3 / 2);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_table);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (current.isValid()) emit runActivated(m_model->idAt(current.row()));
            });
    connect(m_table, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = m_table->indexAt(at);
        if (!index.isValid()) return;
        QMenu menu;
        const QAction* close = menu.addAction(tr("Close Run"));
        if (menu.exec(m_table->viewport()->mapToGlobal(at)) == close)
            emit closeRequested(m_model->idAt(index.row()));
    });
}

void RunsPanel::showRun(RunId run) {
    const QSignalBlocker blocker(m_table->selectionModel());
    m_table->selectRow(m_model->rowOf(run));
    m_table->viewport()->update();
}

}  // namespace gridscope::views
