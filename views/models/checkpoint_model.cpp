// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/checkpoint_model.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "views/models/number_text.h"

namespace gridscope::views {

namespace {

bool sameLabels(const std::vector<CheckpointRow>& a, const std::vector<CheckpointRow>& b) {
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const auto& left, const auto& right) { return left.label == right.label; });
}

bool isNumber(int column) {
    switch (column) {
    case CheckpointModel::Step:
    case CheckpointModel::Fp32Ppl:
    case CheckpointModel::Int4Gap:
    case CheckpointModel::Int8Gap:
    case CheckpointModel::Kurtosis:
    case CheckpointModel::DeltaCe:
    case CheckpointModel::Size:
    case CheckpointModel::Seconds:
        return true;
    default:
        return false;
    }
}

QVariant number(double value) { return std::isnan(value) ? QVariant() : QVariant(value); }

}  // namespace

void CheckpointModel::setRows(std::vector<CheckpointRow> rows) {
    if (sameLabels(m_rows, rows)) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].ticked = m_rows[i].ticked && rows[i].usable;
            rows[i].phase = m_rows[i].phase;
        }
        m_rows = std::move(rows);
        if (!m_rows.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    for (CheckpointRow& row : rows) {
        const auto before = std::find_if(m_rows.begin(), m_rows.end(), [&row](const auto& old) {
            return old.label == row.label;
        });
        if (before != m_rows.end()) row.ticked = before->ticked && row.usable;
    }
    m_rows = std::move(rows);
    m_running = -1;
    endResetModel();
    emit ticksChanged();
}

void CheckpointModel::setPhases(const std::vector<int>& phases, const QStringList& names) {
    m_phaseNames = names;
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        m_rows[i].phase = i < phases.size() ? phases[i] : -1;
    if (!m_rows.empty()) emit dataChanged(index(0, Phase), index(rowCount() - 1, Phase));
}

void CheckpointModel::setTicks(const std::vector<bool>& ticked) {
    if (m_rows.empty()) return;
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        m_rows[i].ticked = i < ticked.size() && ticked[i] && m_rows[i].usable;
    emit dataChanged(index(0, Label), index(rowCount() - 1, Label), {Qt::CheckStateRole});
    emit ticksChanged();
}

void CheckpointModel::toggleTicks(const std::vector<int>& rows) {
    std::vector<bool> ticked;
    ticked.reserve(m_rows.size());
    for (const CheckpointRow& row : m_rows) ticked.push_back(row.ticked);
    // All follow the first one, so that a mixed selection becomes uniform.
    const auto first = std::find_if(rows.begin(), rows.end(), [this](int row) {
        return m_rows.at(static_cast<std::size_t>(row)).usable;
    });
    if (first == rows.end()) return;
    const bool on = !ticked[static_cast<std::size_t>(*first)];
    for (const int row : rows) ticked[static_cast<std::size_t>(row)] = on;
    setTicks(ticked);
}

void CheckpointModel::setRunning(int row) {
    if (row == m_running) return;
    for (const int changed : {std::exchange(m_running, row), row})
        if (changed >= 0 && changed < rowCount())
            emit dataChanged(index(changed, State), index(changed, State));
}

std::vector<std::size_t> CheckpointModel::tickedEntries() const {
    std::vector<std::size_t> entries;
    for (const CheckpointRow& row : m_rows)
        if (row.ticked && row.entry >= 0) entries.push_back(static_cast<std::size_t>(row.entry));
    return entries;
}

int CheckpointModel::tickedCount() const { return static_cast<int>(tickedEntries().size()); }

int CheckpointModel::rowOfRecord(int record) const {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(),
                                    [record](const auto& row) { return row.record == record; });
    return record < 0 || found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

int CheckpointModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int CheckpointModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString CheckpointModel::textOf(const CheckpointRow& row, int column) const {
    switch (column) {
    case Label:
        return row.label;
    case State:
        return checkpointStateText(row.state);
    case Step:
        return row.step ? stepText(*row.step) : QStringLiteral("–");
    case Phase:
        return m_phaseNames.value(row.phase);
    case Fp32Ppl:
        return numberText(row.fp32Ppl);
    case Int4Gap:
        return percentText(row.int4Gap);
    case Int8Gap:
        return percentText(row.int8Gap);
    case Kurtosis:
        return numberText(row.kurtosis, 3);
    case DeltaCe:
        return numberText(row.deltaCe);
    case Size:
        return row.sizeBytes ? QLocale().formattedDataSize(static_cast<qint64>(*row.sizeBytes), 1,
                                                           QLocale::DataSizeSIFormat)
                             : QStringLiteral("–");
    case Dtype:
        return row.dtype;
    case Hash:
        return row.hash.left(8);
    case Seconds:
        return numberText(row.seconds, 3);
    case Note:
        return row.note;
    default:
        return {};
    }
}

QVariant CheckpointModel::sortKeyOf(const CheckpointRow& row, int column) const {
    switch (column) {
    case Label:  // by place in training, not by letters: step10 after step2
        return row.step ? QVariant(*row.step + row.stage * 1e15) : QVariant();
    case Step:
        return row.step ? QVariant(*row.step) : QVariant();
    case State:
        return static_cast<int>(row.state);
    case Phase:
        return row.phase < 0 ? QVariant() : QVariant(row.phase);
    case Fp32Ppl:
        return number(row.fp32Ppl);
    case Int4Gap:
        return number(row.int4Gap);
    case Int8Gap:
        return number(row.int8Gap);
    case Kurtosis:
        return number(row.kurtosis);
    case DeltaCe:
        return number(row.deltaCe);
    case Size:
        return row.sizeBytes ? QVariant(static_cast<qulonglong>(*row.sizeBytes)) : QVariant();
    case Seconds:
        return number(row.seconds);
    default: {
        const QString text = textOf(row, column);
        return text.isEmpty() ? QVariant() : QVariant(text);
    }
    }
}

QVariant CheckpointModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const CheckpointRow& row = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return column == State && index.row() == m_running
                   ? checkpointStateText(CheckpointState::Running)
                   : textOf(row, column);
    case Qt::ToolTipRole:
        return column == Hash ? row.hash : textOf(row, column);
    case Qt::CheckStateRole:
        if (column != Label) return {};
        return row.ticked ? Qt::Checked : Qt::Unchecked;
    case Qt::TextAlignmentRole:
        return QVariant::fromValue<Qt::Alignment>(
            (isNumber(column) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case kSortRole:
        return sortKeyOf(row, column);
    default:
        return {};
    }
}

bool CheckpointModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || index.column() != Label ||
        !checkIndex(index, CheckIndexOption::IndexIsValid))
        return false;
    CheckpointRow& row = m_rows[static_cast<std::size_t>(index.row())];
    if (!row.usable) return false;
    row.ticked = value.toInt() == Qt::Checked;
    emit dataChanged(index, index, {Qt::CheckStateRole});
    emit ticksChanged();
    return true;
}

QVariant CheckpointModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue<Qt::Alignment>(
            (isNumber(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Label:
        return tr("Checkpoint");
    case State:
        return tr("State");
    case Step:
        return tr("Step");
    case Phase:
        return tr("Phase");
    case Fp32Ppl:
        return tr("FP32 PPL");
    case Int4Gap:
        return tr("INT4 gap");
    case Int8Gap:
        return tr("INT8 gap");
    case Kurtosis:
        return tr("Kurtosis");
    case DeltaCe:
        return tr("ΔCE [nats]");
    case Size:
        return tr("Size");
    case Dtype:
        return tr("Type");
    case Hash:
        return tr("SHA-256");
    case Seconds:
        return tr("Seconds");
    case Note:
        return tr("Note");
    default:
        return {};
    }
}

Qt::ItemFlags CheckpointModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (!index.isValid() || index.column() != Label) return flags;
    if (m_rows[static_cast<std::size_t>(index.row())].usable) flags |= Qt::ItemIsUserCheckable;
    return flags;
}

}  // namespace gridscope::views
