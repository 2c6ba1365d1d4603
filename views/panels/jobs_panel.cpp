// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/jobs_panel.h"

#include <QClipboard>
#include <QGridLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QTreeView>
#include <QVBoxLayout>

#include <utility>

#include "views/models/failure_model.h"
#include "views/models/job_model.h"
#include "views/panels/progress_delegate.h"
#include "views/panels/storage_banner.h"

namespace gridscope::views {

JobsPanel::JobsPanel(JobModel* jobs, FailureModel* failures, QWidget* parent)
    : QWidget(parent),
      m_jobs(jobs),
      m_failures(failures),
      m_banner(new StorageBanner(this)),
      m_table(new QTableView(this)),
      m_tree(new QTreeView(this)),
      m_pause(new QPushButton(tr("Pause"), this)),
      m_cancel(new QPushButton(tr("Cancel"), this)),
      m_retry(new QPushButton(tr("Retry Failed"), this)),
      m_copy(new QPushButton(tr("Copy"), this)) {
    setObjectName(QStringLiteral("jobsPanel"));
    m_table->setObjectName(QStringLiteral("jobTable"));
    m_table->setAccessibleName(tr("Jobs"));
    m_table->setModel(jobs);
    m_table->setItemDelegateForColumn(JobModel::Progress, new ProgressDelegate(m_table));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().lineSpacing() * 3 / 2);
    m_table->horizontalHeader()->setStretchLastSection(true);
    const int letter = fontMetrics().averageCharWidth();
    constexpr std::pair<JobModel::Column, int> kLetters[] = {
        {JobModel::State, 11},   {JobModel::Name, 20}, {JobModel::Progress, 13},
        {JobModel::Stage, 22},   {JobModel::Done, 14}, {JobModel::Rate, 9},
        {JobModel::Elapsed, 10}, {JobModel::Eta, 10}};
    for (const auto& [column, letters] : kLetters)
        m_table->setColumnWidth(column, letter * letters);
    m_tree->setObjectName(QStringLiteral("failureTree"));
    m_tree->setAccessibleName(tr("Failures by kind"));
    m_tree->setModel(failures);
    m_tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_pause->setObjectName(QStringLiteral("jobPause"));
    m_cancel->setObjectName(QStringLiteral("jobCancel"));
    m_retry->setObjectName(QStringLiteral("jobRetry"));
    m_copy->setObjectName(QStringLiteral("jobCopyFailures"));

    // Two by two: four in a column would keep the dock tall while there is nothing to show.
    auto* buttons = new QGridLayout;
    buttons->addWidget(m_pause, 0, 0);
    buttons->addWidget(m_cancel, 0, 1);
    buttons->addWidget(m_retry, 1, 0);
    buttons->addWidget(m_copy, 1, 1);
    buttons->setRowStretch(2, 1);
    auto* splitter = new QSplitter(this);
    splitter->addWidget(m_table);
    splitter->addWidget(m_tree);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    auto* tables = new QHBoxLayout;
    tables->addWidget(splitter, 1);
    tables->addLayout(buttons);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_banner);
    layout->addLayout(tables, 1);

    connect(m_pause, &QPushButton::clicked, this, [this] {
        const auto job = m_jobs->at(currentRow());
        if (!job) return;
        if (job->pauseRequested) {
            emit resumeRequested(job->id);
        } else {
            emit pauseRequested(job->id);
        }
    });
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (const auto job = m_jobs->at(currentRow())) emit cancelRequested(job->id);
    });
    connect(m_retry, &QPushButton::clicked, this, &JobsPanel::retryRequested);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_failures->toText()); });
    for (QAbstractItemModel* model :
         {static_cast<QAbstractItemModel*>(jobs), static_cast<QAbstractItemModel*>(failures)}) {
        connect(model, &QAbstractItemModel::dataChanged, this, &JobsPanel::showButtons);
        connect(model, &QAbstractItemModel::rowsInserted, this, &JobsPanel::showButtons);
        connect(model, &QAbstractItemModel::modelReset, this, &JobsPanel::showButtons);
    }
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &JobsPanel::showButtons);
    showButtons();
}

int JobsPanel::currentRow() const {
    const int selected = m_table->currentIndex().row();
    if (const auto job = m_jobs->at(selected); job && !job->isOver()) return selected;
    for (int row = m_jobs->rowCount() - 1; row >= 0; --row)
        if (!m_jobs->at(row)->isOver()) return row;
    return -1;
}

void JobsPanel::showButtons() {
    const auto job = m_jobs->at(currentRow());
    m_pause->setEnabled(job.has_value());
    m_pause->setText(job && job->pauseRequested ? tr("Resume") : tr("Pause"));
    m_cancel->setEnabled(job && !job->cancelRequested);
    const bool failed = m_failures->failureCount() > 0;
    m_retry->setEnabled(failed && !job);
    m_copy->setEnabled(failed);
}

}  // namespace gridscope::views
