// SPDX-License-Identifier: GPL-3.0-or-later

// The checkpoints of a run as a table with tick boxes.
#pragma once

#include <QAbstractTableModel>

#include <vector>

#include "views/models/checkpoint_row.h"

namespace gridscope::views {

class CheckpointModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Label,
        State,
        Step,
        Phase,
        Fp32Ppl,
        Int4Gap,
        Int8Gap,
        Kurtosis,
        DeltaCe,
        Size,
        Dtype,
        Hash,
        Seconds,
        Note,
        ColumnCount
    };
    /// A number or text to compare rows by; an invalid value sorts last.
    static constexpr int kSortRole = Qt::UserRole + 1;

    using QAbstractTableModel::QAbstractTableModel;

    /// Shows `rows`. Ticks of labels that were there before stay as the user set them; when the
    /// labels are the same as before, selections survive as well.
    void setRows(std::vector<CheckpointRow> rows);
    const std::vector<CheckpointRow>& rows() const { return m_rows; }
    /// Phase of each row, by index into the bands.
    void setPhases(const std::vector<int>& phases, const QStringList& names);
    /// Ticks exactly the rows for which `ticked` is true; unusable rows stay unticked.
    void setTicks(const std::vector<bool>& ticked);
    void toggleTicks(const std::vector<int>& rows);
    /// The row of a checkpoint that is being measured, -1 = none.
    void setRunning(int row);

    std::vector<std::size_t> tickedEntries() const;  ///< indices into the catalogue
    int tickedCount() const;
    /// First row with this record index, or -1.
    int rowOfRecord(int record) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

signals:
    void ticksChanged();

private:
    QString textOf(const CheckpointRow& row, int column) const;
    QVariant sortKeyOf(const CheckpointRow& row, int column) const;

    std::vector<CheckpointRow> m_rows;
    QStringList m_phaseNames;
    int m_running = -1;
};

}  // namespace gridscope::views
