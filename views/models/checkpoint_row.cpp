// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/checkpoint_row.h"

#include <QCoreApplication>

#include <algorithm>
#include <map>

namespace gridscope::views {

namespace {

constexpr const char* kInt4 = "a4g128:minmax";
constexpr const char* kInt8 = "s8channel:absmax";

const GridScores* findGrid(const ProbeRecord& record, const char* id) {
    const auto found = record.grids.find(id);
    return found == record.grids.end() ? nullptr : &found->second;
}

QString text(const std::string& bytes) {
    return QString::fromStdString(escapeForDisplay(bytes, 200));
}

CheckpointState stateOf(const ProbeRecord& record) {
    if (record.status == RowStatus::Failed) return CheckpointState::Failed;
    if (!record.duplicateOf.empty()) return CheckpointState::Duplicate;
    if (record.status == RowStatus::Complete) return CheckpointState::Complete;
    if (record.status == RowStatus::Weights) return CheckpointState::WeightsDone;
    return CheckpointState::Planned;
}

void fillFromRecord(CheckpointRow& row, const ProbeRecord& record, int index) {
    row.record = index;
    row.state = stateOf(record);
    if (record.step >= 0) row.step = static_cast<double>(record.step);
    row.fp32Ppl = record.fp32.ppl;
    if (const GridScores* grid = findGrid(record, kInt4)) {
        row.int4Gap = grid->gapPercent.value;
        row.deltaCe = grid->deltaCe.value;
    }
    if (const GridScores* grid = findGrid(record, kInt8)) row.int8Gap = grid->gapPercent.value;
    row.kurtosis = record.kurtosisMean;
    row.learningRate = record.learningRate;
    if (record.seconds > 0.0) row.seconds = record.seconds;
    row.hash = text(record.contentSha256);
    if (!record.storageDtype.empty()) row.dtype = text(record.storageDtype);
    if (!record.error.empty()) {
        row.note = text(record.error);
    } else if (!record.duplicateOf.empty()) {
        row.note = QCoreApplication::translate("CheckpointRow", "same content as %1")
                       .arg(text(record.duplicateOf));
    }
}

CheckpointRow rowOfEntry(const CheckpointEntry& entry, int index) {
    CheckpointRow row;
    row.entry = index;
    row.label = text(entry.label.text);
    if (entry.label.step) row.step = static_cast<double>(entry.label.step->value);
    row.stage = entry.label.stageRank;
    row.sizeBytes = entry.bytes;
    row.dtype = text(entry.dtype);
    row.usable = entry.usable();
    row.ticked = row.usable;
    if (!row.usable) row.note = text(entry.problems.front().toText());
    return row;
}

}  // namespace

std::vector<CheckpointRow> checkpointRows(const CheckpointCatalog* catalog,
                                          const Trajectory* trajectory) {
    std::vector<CheckpointRow> rows;
    std::map<std::string, std::size_t> byLabel;
    if (catalog != nullptr) {
        for (std::size_t i = 0; i < catalog->entries.size(); ++i) {
            byLabel.emplace(catalog->entries[i].label.text, rows.size());
            rows.push_back(rowOfEntry(catalog->entries[i], static_cast<int>(i)));
        }
    }
    if (trajectory == nullptr) return rows;
    for (std::size_t i = 0; i < trajectory->rows.size(); ++i) {
        const ProbeRecord& record = *trajectory->rows[i];
        const auto known = byLabel.find(record.label);
        if (known != byLabel.end()) {
            fillFromRecord(rows[known->second], record, static_cast<int>(i));
            continue;
        }
        CheckpointRow row;
        row.label = text(record.label);
        row.stage = record.stage;
        row.usable = false;
        fillFromRecord(row, record, static_cast<int>(i));
        rows.push_back(std::move(row));
    }
    return rows;
}

QString checkpointStateText(CheckpointState state) {
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("CheckpointState", text);
    };
    switch (state) {
    case CheckpointState::Planned:
        return tr("planned");
    case CheckpointState::Running:
        return tr("running");
    case CheckpointState::WeightsDone:
        return tr("weights done");
    case CheckpointState::Complete:
        return tr("complete");
    case CheckpointState::Failed:
        return tr("failed");
    case CheckpointState::Duplicate:
        return tr("duplicate");
    }
    return {};
}

}  // namespace gridscope::views
