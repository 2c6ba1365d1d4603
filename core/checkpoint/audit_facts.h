// SPDX-License-Identifier: GPL-3.0-or-later

// What the audit knows of one checkpoint; the checks decide over these values alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/checkpoint/effective_mantissa.h"
#include "core/checkpoint/known_families.h"

namespace gridscope {

/// One tensor of a checkpoint. Values that its level of audit does not gather stay empty.
struct TensorFacts {
    std::string name;  ///< as the configuration calls it, whatever variant the file uses
    std::vector<std::uint64_t> shape;
    std::uint64_t elements = 0;
    std::string contentSha256;         ///< formats.md 11
    std::uint64_t nonFinite = 0;       ///< NaN and infinite values
    std::uint64_t firstNonFinite = 0;  ///< row-major index, if nonFinite > 0
    std::optional<float> constant;     ///< the value of a tensor of two or more equal ones
};

/// How far the sampled weights moved since an earlier checkpoint of the series.
struct SampleChange {
    std::size_t from = 0;  ///< index of that checkpoint
    double relative = 0.0;
};

struct CheckpointFacts {
    std::string run;
    std::optional<KnownFamily> family;
    std::string label;                 ///< native bytes
    std::optional<std::int64_t> step;  ///< the label's own number
    int stageRank = 0;                 ///< formats.md 1.2
    std::string ingredient;
    std::string format;  ///< container, such as "safetensors"
    std::string dtype;   ///< stored types of the weights, such as "F16"
    /// Of the weights, all shards in order: links to one blob of a cache are one file.
    std::string fileIdentity;
    std::string commit;  ///< of a Hugging Face cache, else empty
    std::string configSha256;
    std::string tensorSetSha256;  ///< of names and shapes, ignored buffers left out
    std::string tokenizerSha256;  ///< empty if there is no tokenizer.json
    std::string contentSha256;    ///< model hash; empty below AuditLevel::Hash
    std::vector<TensorFacts> tensors;
    Mantissa mantissa = Mantissa::Unknown;  ///< the largest among the tensors
    double fitsFp16 = 0.0, fitsBf16 = 0.0;  ///< shares of the values, 0..1, with mantissa
    std::optional<SampleChange> change;     ///< since the last readable one before it
    std::optional<double> changeOverTwo;    ///< since the one before that
    std::optional<double> cosineToStart;    ///< to step 0 of its series, for steps 1 to 32
    std::vector<Error> problems;            ///< why it could not be read, or not to its end

    std::uint64_t elements() const;  ///< of all tensors
};

/// Checkpoints that follow one another: same run, stage and ingredient, ascending steps. Those
/// without a step belong to no series. Indices into `facts`, each series not empty.
std::vector<std::vector<std::size_t>> checkpointSeries(const std::vector<CheckpointFacts>& facts);

}  // namespace gridscope
