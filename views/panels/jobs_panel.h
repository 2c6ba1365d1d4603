// SPDX-License-Identifier: GPL-3.0-or-later

// Running jobs with pause and cancel, and the failures of single checkpoints.
#pragma once

#include <QWidget>

#include "views/models/job_status.h"

class QPushButton;
class QTableView;
class QTreeView;

namespace gridscope::views {

class FailureModel;
class JobModel;
class StorageBanner;

class JobsPanel : public QWidget {
    Q_OBJECT
public:
    JobsPanel(JobModel* jobs, FailureModel* failures, QWidget* parent = nullptr);

    /// Asks what to do about rows that cannot be written.
    StorageBanner* storageBanner() const { return m_banner; }

signals:
    void pauseRequested(gridscope::views::JobId job);
    void resumeRequested(gridscope::views::JobId job);
    void cancelRequested(gridscope::views::JobId job);
    void retryRequested();

private:
    void showButtons();
    int currentRow() const;  ///< the selected job, else the last that runs, else -1

    JobModel* m_jobs;
    FailureModel* m_failures;
    StorageBanner* m_banner;
    QTableView* m_table;
    QTreeView* m_tree;
    QPushButton* m_pause;
    QPushButton* m_cancel;
    QPushButton* m_retry;
    QPushButton* m_copy;
};

}  // namespace gridscope::views
