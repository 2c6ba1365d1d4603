// SPDX-License-Identifier: GPL-3.0-or-later

// Background jobs as a table; jobs that are over stay until there are too many.
#pragma once

#include <QAbstractTableModel>

#include <optional>
#include <vector>

#include "views/models/job_status.h"

namespace gridscope::views {

QString jobStateText(const JobStatus& status);

class JobModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { State, Name, Progress, Stage, Done, Rate, Elapsed, Eta, ColumnCount };
    static constexpr int kFractionRole = Qt::UserRole + 1;  ///< 0..1, or -1 while unknown
    static constexpr std::size_t kFinishedLimit = 50;
    using QAbstractTableModel::QAbstractTableModel;

    /// Adds the job or replaces what is known of it. Pictures are not listed.
    void update(const JobStatus& status);
    void removeFinished();
    std::optional<JobStatus> at(int row) const;
    int rowOf(JobId id) const;  ///< -1 = not listed

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString textOf(const JobStatus& job, int column) const;

    std::vector<JobStatus> m_jobs;
};

}  // namespace gridscope::views
