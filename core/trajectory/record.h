// SPDX-License-Identifier: GPL-3.0-or-later

// One row of a trajectory: everything measured on one checkpoint. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/quant/matrix_statistics.h"

namespace gridscope {

enum class RowStatus : std::uint8_t { Planned = 0, Weights = 1, Complete = 2, Failed = 3 };

std::string_view rowStatusName(RowStatus status);  ///< "planned", "weights", "complete", "failed"

/// A mean with its 95 % interval; NaN where not measured.
struct Estimate {
    double value = kNotMeasured;
    double low = kNotMeasured;
    double high = kNotMeasured;
};

/// FP32 scores of a checkpoint. CE in nats per token.
struct Fp32Scores {
    Estimate ce;
    double ppl = kNotMeasured;     ///< exp(ce); +inf when it overflows
    std::vector<float> windowNll;  ///< [N] sum over the scored positions of a window, nats
};

/// One grid on one checkpoint.
struct GridScores {
    RowStatus status = RowStatus::Planned;  ///< Weights once the weight sweep filled `layers`
    Estimate ce;
    double ppl = kNotMeasured;
    Estimate gapPercent;
    Estimate deltaCe;
    double relativeCe = kNotMeasured;
    Estimate kl;                                                   ///< nats per scored token
    double top1Agreement = kNotMeasured;                           ///< 0..1
    double sqnrDb = kNotMeasured;                                  ///< over all scope weights
    double flipRate = kNotMeasured, levelFlipRate = kNotMeasured;  ///< pooled over the scope
    std::int32_t windowsUsed = 0;
    std::vector<float> windowNll;        ///< [N]
    std::vector<float> windowKl;         ///< [N] sums over the scored positions, nats
    std::vector<GridStatistics> layers;  ///< [L], empty until the weight sweep
    // CE change in nats when one matrix, or one block, is the only one on the grid or the only
    // one left in FP32; empty where the sensitivity stage did not run.
    std::vector<float> sensitivityOnly, sensitivityExcept;            ///< [L]
    std::vector<float> blockSensitivityOnly, blockSensitivityExcept;  ///< [blocks]
};

/// True for the number of a training stage or phase; other ranks only order the rows
/// (formats.md 1.2: 0 none, 1000 and above special kinds).
inline bool isTrainingStage(std::int32_t stageRank) { return stageRank > 0 && stageRank < 1000; }

struct ProbeRecord {
    // identity
    std::string label;
    std::int64_t step = -1;  ///< -1 = unknown
    std::int32_t stage = 0;  ///< stage rank, orders rows before the step
    double tokensSeen = kNotMeasured;
    double learningRate = kNotMeasured;
    std::string contentSha256;      ///< model hash
    std::string predecessor;        ///< label that flips and movement refer to; empty = none
    std::string duplicateOf;        ///< label with equal content, measured there
    std::string source;             ///< folder it was read from
    std::string sourceFingerprint;  ///< size and time of the weights file
    std::string storageDtype;       ///< "F16"
    RowStatus status = RowStatus::Planned;
    std::string error;     ///< Error::toText of a failed row; warnings of a good one
    double seconds = 0.0;  ///< time spent measuring
    // measurements
    Fp32Scores fp32;
    double kurtosisMean = kNotMeasured, kurtosisPooled = kNotMeasured, kurtosisMax = kNotMeasured;
    std::vector<MatrixMoments> layers;        ///< [L]
    std::map<std::string, GridScores> grids;  ///< by grid id
};

/// A scope tensor of the run.
struct LayerInfo {
    std::string name;          ///< in the file
    std::int64_t rows = 0;     ///< out
    std::int64_t columns = 0;  ///< in
    int block = -1;
    std::string kind;  ///< "attn.qkv", ...
    bool operator==(const LayerInfo&) const = default;
};

/// An immutable snapshot of a trajectory file. Snapshots share the rows that did not change.
struct Trajectory {
    std::string title;
    std::string producer;
    std::string created;   ///< ISO 8601 UTC
    std::string planJson;  ///< settings, canonical JSON
    std::string planHash;
    std::string environmentJson;         ///< of the last writer
    std::vector<std::uint32_t> evalIds;  ///< [windows * windowLength]
    std::uint64_t windows = 0;
    std::uint64_t windowLength = 0;
    std::string evalSha256, evalSource, tokenizerSha256;
    std::uint64_t textBytes = 0;
    std::vector<LayerInfo> layers;                         ///< [L]
    std::vector<std::string> gridIds;                      ///< grids of the plan, in its order
    std::vector<std::shared_ptr<const ProbeRecord>> rows;  ///< sorted by (stage, step, label)
    std::string phasesJson, overridesJson, notes;          ///< /analysis
};

}  // namespace gridscope
