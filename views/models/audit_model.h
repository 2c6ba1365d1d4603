// SPDX-License-Identifier: GPL-3.0-or-later

// The findings of an integrity audit as a table.
#pragma once

#include <QAbstractTableModel>

#include <memory>
#include <vector>

#include "core/checkpoint/audit.h"

namespace gridscope::views {

class AuditModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Severity, Check, Checkpoints, Finding, Hint, ColumnCount };
    /// What to compare rows by: severity by weight, checkpoints by their place in the run.
    static constexpr int kSortRole = Qt::UserRole + 1;

    using QAbstractTableModel::QAbstractTableModel;

    /// Null empties the table.
    void setReport(std::shared_ptr<const AuditReport> report);
    const AuditReport* report() const { return m_report.get(); }
    /// Indices into the catalogue that the finding in `row` marks.
    std::vector<std::size_t> entriesOf(int row) const;
    /// Counts by severity, checkpoints and level in one line; empty without a report.
    QString summary() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString textOf(const AuditFinding& finding, int column) const;
    QVariant sortKeyOf(const AuditFinding& finding, int column) const;

    std::shared_ptr<const AuditReport> m_report;
};

}  // namespace gridscope::views
