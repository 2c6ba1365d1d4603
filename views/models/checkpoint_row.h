// SPDX-License-Identifier: GPL-3.0-or-later

// One line of the checkpoint table: what the scan found and what has been measured.
#pragma once

#include <QString>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/catalog.h"
#include "core/trajectory/record.h"

namespace gridscope::views {

enum class CheckpointState { Planned, Running, WeightsDone, Complete, Failed, Duplicate };

struct CheckpointRow {
    QString label;
    std::optional<double> step;
    int stage = 0;
    CheckpointState state = CheckpointState::Planned;
    bool ticked = false;
    bool usable = true;  ///< false: has problems, cannot be ticked
    int entry = -1;      ///< index into the catalogue, -1 = not on disk any more
    int record = -1;     ///< index into Trajectory::rows, -1 = not measured
    int phase = -1;      ///< index into the phase bands, -1 = unknown
    double fp32Ppl = kNotMeasured;
    double int4Gap = kNotMeasured;  ///< %
    double int8Gap = kNotMeasured;  ///< %
    double deltaCe = kNotMeasured;  ///< nats per token, INT4
    double kurtosis = kNotMeasured;
    double learningRate = kNotMeasured;
    double seconds = kNotMeasured;
    std::optional<std::uint64_t> sizeBytes;
    QString dtype;
    QString hash;  ///< content_sha256, whole
    QString note;  ///< error of a failed one, first problem of an unusable one, duplicates
};

/// Lines for a run in the order of the catalogue, then rows whose checkpoint is not on disk.
/// Either may be null.
std::vector<CheckpointRow> checkpointRows(const CheckpointCatalog* catalog,
                                          const Trajectory* trajectory);

QString checkpointStateText(CheckpointState state);

}  // namespace gridscope::views
