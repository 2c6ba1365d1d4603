// SPDX-License-Identifier: GPL-3.0-or-later

// What is done when training converges: keep the best checkpoint, write a marker, run a command.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/file_ops.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// What the user asked for; empty = not.
struct EventActions {
    std::string command;             ///< for /bin/sh
    std::filesystem::path marker;    ///< a JSON file
    std::filesystem::path keepBest;  ///< a folder
};

struct TrainingEvent {
    std::string kind;                      ///< "converged", "diverging", "gap-climb"
    double step = 0.0;                     ///< that the event is about
    double noticedAt = 0.0;                ///< newest step when it was noticed
    double loss = kNotMeasured;            ///< FP32 at `step`, nats per token; NaN = not known
    double confidence = kNotMeasured;      ///< 0..1; NaN = of a climbing gap
    double gapPercent = kNotMeasured;      ///< of a climbing gap; NaN = of another event
    std::filesystem::path source;          ///< log or folder that was watched
    std::filesystem::path bestCheckpoint;  ///< folder; empty = not known
};

/// One JSON object: kind, step, noticed_at, loss, ppl, confidence, gap_percent, source, checkpoint;
/// what is not known is null. Ends with a newline.
std::string eventToJson(const TrainingEvent& event);

/// Keeps, marks and runs, in this order, so that the command finds both. One that fails does not
/// keep the others from being done: what happened is told in sentences.
/// The command's environment has GRIDSCOPE_EVENT, _STEP, _NOTICED_AT, _LOSS, _PPL, _CONFIDENCE,
/// _GAP_PERCENT, _SOURCE, _CHECKPOINT (best one), _KEPT (where it was kept) and
/// _MARKER; what is not known is empty.
std::vector<std::string> carryOut(FileOps& ops, const EventActions& actions,
                                  const TrainingEvent& event);

/// Keeps `checkpoint`, and says so or why not; says nothing about one that is kept already.
std::optional<std::string> keepAndTell(FileOps& ops, const std::filesystem::path& checkpoint,
                                       const std::filesystem::path& into);

/// The folder of the usable checkpoint of `step` below `folder`, else below the folder above it
/// (where a trainer_state.json lies inside of a checkpoint); empty if there is none.
std::filesystem::path findCheckpoint(FileOps& ops, const std::filesystem::path& folder,
                                     double step);

}  // namespace gridscope
