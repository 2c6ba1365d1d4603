// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/checkpoint_proxy.h"

#include <QLocale>
#include <QRegularExpression>

#include <algorithm>

#include "views/models/checkpoint_model.h"

namespace gridscope::views {

namespace {

int columnOf(const QString& name) {
    static const QHash<QString, int> columns{
        {QStringLiteral("step"), CheckpointModel::Step},
        {QStringLiteral("gap"), CheckpointModel::Int4Gap},
        {QStringLiteral("int4"), CheckpointModel::Int4Gap},
        {QStringLiteral("int8"), CheckpointModel::Int8Gap},
        {QStringLiteral("ppl"), CheckpointModel::Fp32Ppl},
        {QStringLiteral("kurtosis"), CheckpointModel::Kurtosis},
    };
    return columns.value(name.toLower(), -1);
}

bool holds(double left, const QString& comparison, double right) {
    if (comparison == QStringLiteral(">")) return left > right;
    if (comparison == QStringLiteral("<")) return left < right;
    if (comparison == QStringLiteral(">=")) return left >= right;
    if (comparison == QStringLiteral("<=")) return left <= right;
    return left == right;
}

}  // namespace

CheckpointProxy::CheckpointProxy(QObject* parent) : QSortFilterProxyModel(parent) {
    setSortRole(CheckpointModel::kSortRole);
}

QString CheckpointProxy::setFilterText(const QString& text) {
    static const QRegularExpression condition(QStringLiteral("^([A-Za-z0-9]+)(>=|<=|>|<|=)(.*)$"));
    m_words.clear();
    m_conditions.clear();
    QString problem;
    for (const QString& word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const auto match = condition.match(word);
        if (!match.hasMatch()) {
            m_words.append(word);
            continue;
        }
        bool isNumber = false;
        const double value = QLocale::c().toDouble(match.captured(3), &isNumber);
        const int column = columnOf(match.captured(1));
        if (column < 0) {
            problem = tr("\"%1\" is not a column; use step, gap, int8, ppl or kurtosis.")
                          .arg(match.captured(1));
        } else if (!isNumber) {
            problem = tr("\"%1\" needs a number after the comparison.").arg(word);
        } else {
            m_conditions.append({column, match.captured(2), value});
        }
    }
    invalidateFilter();
    return problem;
}

bool CheckpointProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    const QVariant a = left.data(CheckpointModel::kSortRole);
    const QVariant b = right.data(CheckpointModel::kSortRole);
    if (!a.isValid() || !b.isValid()) {
        if (a.isValid() == b.isValid()) return left.row() < right.row();
        return a.isValid() == (sortOrder() == Qt::AscendingOrder);
    }
    if (QPartialOrdering order = QVariant::compare(a, b); order != QPartialOrdering::Equivalent)
        return order == QPartialOrdering::Less;
    // Equal keys keep the order of training, whichever way the column is sorted.
    return sortOrder() == Qt::AscendingOrder ? left.row() < right.row() : left.row() > right.row();
}

bool CheckpointProxy::filterAcceptsRow(int row, const QModelIndex& parent) const {
    const auto cell = [&](int column, int role) {
        return sourceModel()->index(row, column, parent).data(role);
    };
    for (const Condition& condition : m_conditions) {
        const QVariant value = cell(condition.column, CheckpointModel::kSortRole);
        if (!value.isValid() || !holds(value.toDouble(), condition.comparison, condition.value))
            return false;
    }
    return std::all_of(m_words.begin(), m_words.end(), [&](const QString& word) {
        for (const int column : {CheckpointModel::Label, CheckpointModel::State,
                                 CheckpointModel::Phase, CheckpointModel::Note})
            if (cell(column, Qt::DisplayRole).toString().contains(word, Qt::CaseInsensitive))
                return true;
        return false;
    });
}

}  // namespace gridscope::views
