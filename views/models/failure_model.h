// SPDX-License-Identifier: GPL-3.0-or-later

// What went wrong with single checkpoints, grouped by error code; never a dialog each.
#pragma once

#include <QAbstractItemModel>

#include <vector>

#include "core/base/error.h"

namespace gridscope::views {

class FailureModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Where, What, Hint, ColumnCount };
    using QAbstractItemModel::QAbstractItemModel;

    void clear();
    /// Shows these. What is open in a view stays open while the list only grows.
    void setFailures(const std::vector<Error>& errors);
    /// Adds a failure; one that is already listed is not repeated.
    void add(const Error& error);
    int failureCount() const;
    /// Everything as lines of text, for the clipboard and reports.
    QString toText() const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    bool holds(const Error& error) const;

    struct Group {
        ErrorCode code = ErrorCode::Internal;
        std::vector<Error> errors;
    };
    std::vector<Group> m_groups;
};

}  // namespace gridscope::views
