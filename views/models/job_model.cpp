// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/job_model.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

#include "core/base/numbers.h"
#include "core/checkpoint/audit.h"
#include "views/models/number_text.h"

namespace gridscope::views {

namespace {

/// Audits count bytes, which people read with a unit; all other jobs count items.
bool countsBytes(const JobStatus& job) { return job.progress.stage == kAuditStage; }

QString bytesText(double bytes) {
    return QString::fromStdString(formatBytes(static_cast<std::uint64_t>(bytes)));
}

}  // namespace

QString jobStateText(const JobStatus& status) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("JobState", text); };
    if (!status.isOver() && status.cancelRequested) return tr("stopping");
    if (status.state == JobState::Running && status.pauseRequested) return tr("pausing");
    switch (status.state) {
    case JobState::Queued:
        return tr("queued");
    case JobState::Running:
        return tr("running");
    case JobState::Paused:
        return tr("paused");
    case JobState::Done:
        return tr("done");
    case JobState::Failed:
        return tr("failed");
    case JobState::Cancelled:
        return tr("cancelled");
    }
    return {};
}

void JobModel::update(const JobStatus& status) {
    if (status.picture) return;
    const int known = rowOf(status.id);
    if (known >= 0) {
        m_jobs[static_cast<std::size_t>(known)] = status;
        emit dataChanged(index(known, 0), index(known, ColumnCount - 1));
        return;
    }
    if (m_jobs.size() >= kFinishedLimit) {
        const auto oldest = std::find_if(m_jobs.begin(), m_jobs.end(),
                                         [](const JobStatus& job) { return job.isOver(); });
        if (oldest != m_jobs.end()) {
            const int row = static_cast<int>(oldest - m_jobs.begin());
            beginRemoveRows({}, row, row);
            m_jobs.erase(oldest);
            endRemoveRows();
        }
    }
    beginInsertRows({}, rowCount(), rowCount());
    m_jobs.push_back(status);
    endInsertRows();
}

void JobModel::removeFinished() {
    beginResetModel();
    std::erase_if(m_jobs, [](const JobStatus& job) { return job.isOver(); });
    endResetModel();
}

std::optional<JobStatus> JobModel::at(int row) const {
    if (row < 0 || row >= rowCount()) return std::nullopt;
    return m_jobs[static_cast<std::size_t>(row)];
}

int JobModel::rowOf(JobId id) const {
    const auto found = std::find_if(m_jobs.begin(), m_jobs.end(),
                                    [id](const JobStatus& job) { return job.id == id; });
    return found == m_jobs.end() ? -1 : static_cast<int>(found - m_jobs.begin());
}

int JobModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_jobs.size());
}

int JobModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString JobModel::textOf(const JobStatus& job, int column) const {
    const auto& progress = job.progress;
    switch (column) {
    case State:
        return jobStateText(job);
    case Name:
        return job.name;
    case Progress:
        if (job.state == JobState::Done) return QLocale().toString(100) % QStringLiteral(" %");
        if (progress.total == 0) return {};
        return QLocale().toString(
                   100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.total),
                   'f', 0) %
               QStringLiteral(" %");
    case Stage: {
        const QString stage = QString::fromStdString(escapeForDisplay(progress.stage));
        const QString item = QString::fromStdString(escapeForDisplay(progress.item));
        return item.isEmpty() ? stage : stage % QStringLiteral(": ") % item;
    }
    case Done:
        if (progress.total == 0) return {};
        if (countsBytes(job))
            return tr("%1 of %2")
                .arg(bytesText(static_cast<double>(progress.done)),
                     bytesText(static_cast<double>(progress.total)));
        return tr("%1 of %2").arg(progress.done).arg(progress.total);
    case Rate: {
        const double rate = static_cast<double>(progress.done) / job.elapsedSeconds;
        return progress.done > 0 && job.elapsedSeconds > 0.5 && !job.isOver()
                   ? tr("%1/s").arg(countsBytes(job) ? bytesText(rate) : numberText(rate, 3))
                   : QString();
    }
    case Elapsed:
        return QString::fromStdString(formatDuration(job.elapsedSeconds));
    case Eta:
        if (job.state != JobState::Running) return {};
        return std::isnan(progress.etaSeconds)
                   ? tr("estimating")
                   : QString::fromStdString(formatDuration(progress.etaSeconds));
    default:
        return {};
    }
}

QVariant JobModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const JobStatus& job = m_jobs[static_cast<std::size_t>(index.row())];
    if (role == Qt::DisplayRole) return textOf(job, index.column());
    if (role == Qt::ToolTipRole && job.error) return QString::fromStdString(job.error->toText());
    if (role == kFractionRole) {
        if (job.state == JobState::Done) return 1.0;
        if (job.progress.total == 0) return -1.0;
        return static_cast<double>(job.progress.done) / static_cast<double>(job.progress.total);
    }
    return {};
}

QVariant JobModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case State:
        return tr("State");
    case Name:
        return tr("Job");
    case Progress:
        return tr("Progress");
    case Stage:
        return tr("Stage");
    case Done:
        return tr("Done");
    case Rate:
        return tr("Rate");
    case Elapsed:
        return tr("Elapsed");
    case Eta:
        return tr("Time left");
    default:
        return {};
    }
}

}  // namespace gridscope::views
