// SPDX-License-Identifier: GPL-3.0-or-later

// Sorts the checkpoint table by number, stably, and filters it by a text.
#pragma once

#include <QSortFilterProxyModel>

namespace gridscope::views {

/// Rows without a value in the sort column come last in both directions.
class CheckpointProxy : public QSortFilterProxyModel {
    Q_OBJECT
public:
    explicit CheckpointProxy(QObject* parent = nullptr);

    /// Keeps rows whose label, state, phase or note contains every word of `text`. A word such
    /// as gap>20 or step<=1000 compares a number (gap, int8, ppl, kurtosis, step).
    /// Returns a sentence about a word that cannot be understood, or an empty string.
    QString setFilterText(const QString& text);

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    struct Condition {
        int column;
        QString comparison;
        double value;
    };
    QStringList m_words;
    QList<Condition> m_conditions;
};

}  // namespace gridscope::views
