// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/failure_model.h"

#include <QStringList>

#include <algorithm>

namespace gridscope::views {

namespace {

// internalId: 0 for a group, group row + 1 for a failure.
constexpr quintptr kGroupId = 0;

bool isSame(const Error& a, const Error& b) {
    return a.code == b.code && a.where == b.where && a.what == b.what;
}

QString text(const std::string& bytes) {
    return QString::fromStdString(escapeForDisplay(bytes, 400));
}

}  // namespace

void FailureModel::clear() {
    beginResetModel();
    m_groups.clear();
    endResetModel();
}

void FailureModel::setFailures(const std::vector<Error>& errors) {
    bool grows = true;
    for (const Group& group : m_groups)
        for (const Error& shown : group.errors)
            grows =
                grows && std::any_of(errors.begin(), errors.end(),
                                     [&shown](const Error& error) { return isSame(shown, error); });
    if (!grows) clear();
    for (const Error& error : errors) add(error);
}

bool FailureModel::holds(const Error& error) const {
    for (const Group& group : m_groups)
        for (const Error& known : group.errors)
            if (isSame(known, error)) return true;
    return false;
}

void FailureModel::add(const Error& error) {
    auto group = std::find_if(m_groups.begin(), m_groups.end(),
                              [&error](const Group& known) { return known.code == error.code; });
    if (group == m_groups.end()) {
        beginInsertRows({}, rowCount(), rowCount());
        m_groups.push_back({error.code, {}});
        endInsertRows();
        group = std::prev(m_groups.end());
    }
    if (holds(error)) return;
    const QModelIndex parent = index(static_cast<int>(group - m_groups.begin()), 0);
    beginInsertRows(parent, rowCount(parent), rowCount(parent));
    group->errors.push_back(error);
    endInsertRows();
    emit dataChanged(parent, parent.siblingAtColumn(ColumnCount - 1));  // its count
}

int FailureModel::failureCount() const {
    int count = 0;
    for (const Group& group : m_groups) count += static_cast<int>(group.errors.size());
    return count;
}

QString FailureModel::toText() const {
    QStringList lines;
    for (const Group& group : m_groups)
        for (const Error& error : group.errors)
            lines.append(QString::fromStdString(error.toText()));
    return lines.join(QLatin1Char('\n'));
}

QModelIndex FailureModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent)) return {};
    if (!parent.isValid()) return createIndex(row, column, kGroupId);
    return createIndex(row, column, static_cast<quintptr>(parent.row() + 1));
}

QModelIndex FailureModel::parent(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kGroupId) return {};
    return createIndex(static_cast<int>(index.internalId() - 1), 0, kGroupId);
}

int FailureModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) return static_cast<int>(m_groups.size());
    if (parent.internalId() != kGroupId || parent.column() != 0) return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parent.row())].errors.size());
}

int FailureModel::columnCount(const QModelIndex&) const { return ColumnCount; }

QVariant FailureModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    if (index.internalId() == kGroupId) {
        const Group& group = m_groups[static_cast<std::size_t>(index.row())];
        const std::string_view code = errorCodeText(group.code);
        if (index.column() == Where)
            return QString::fromUtf8(code.data(), static_cast<qsizetype>(code.size()));
        if (index.column() == What)
            return tr("%n checkpoint(s)", nullptr, static_cast<int>(group.errors.size()));
        return {};
    }
    const Error& error =
        m_groups[index.internalId() - 1].errors[static_cast<std::size_t>(index.row())];
    switch (index.column()) {
    case Where:
        return text(error.where);
    case What:
        return text(error.what);
    case Hint:
        return text(error.hint);
    default:
        return {};
    }
}

QVariant FailureModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case Where:
        return tr("Checkpoint");
    case What:
        return tr("What happened");
    case Hint:
        return tr("What you can do");
    default:
        return {};
    }
}

}  // namespace gridscope::views
