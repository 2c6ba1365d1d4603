// SPDX-License-Identifier: GPL-3.0-or-later

// The weights of one checkpoint in memory: FP32, checked, hashed, immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/checkpoint/catalog.h"
#include "core/model/model_config.h"

namespace gridscope {

enum class NonFinitePolicy { Refuse, Allow };

/// Safe to share between threads.
class ModelWeights {
public:
    struct Impl;
    explicit ModelWeights(std::unique_ptr<Impl> impl);
    ModelWeights(const ModelWeights&) = delete;
    ModelWeights& operator=(const ModelWeights&) = delete;
    ~ModelWeights();

    const ModelConfig& config() const;
    /// Every tensor, in network order; shapes as in the file.
    const std::vector<TensorSpec>& specs() const;
    /// Tensor `index` of specs(), row-major; linear weights as [out, in].
    std::span<const float> values(std::size_t index) const;
    /// Rows (out) and columns (in) of tensor `index`, for matrices.
    std::int64_t rows(std::size_t index) const;
    std::int64_t columns(std::size_t index) const;
    /// Model hash of formats.md 11.
    const std::string& contentSha256() const;
    /// Stored types, such as "F16", and what else is worth telling of this checkpoint.
    const std::string& storageDtype() const;
    const std::vector<Warning>& warnings() const;
    /// Smallest of "bf16", "fp16", "fp32" that keeps every finite value.
    const std::string& effectiveMantissa() const;

    const Impl& impl() const { return *m_impl; }

private:
    std::unique_ptr<Impl> m_impl;
};

/// Reads, widens, hashes and checks the weights of `entry` in one pass over the file.
/// Errors: those of the entry's first problem, of openTensorSource and checkTensors;
/// weights.not-finite with tensor, count and first index; memory.estimate when they cannot fit
/// 80 % of the free memory, memory.failed; file.changed; run.cancelled.
Expected<std::shared_ptr<const ModelWeights>> loadModelWeights(FileOps& ops,
                                                               const CheckpointEntry& entry,
                                                               NonFinitePolicy policy,
                                                               std::stop_token stop);

/// Bytes that a model of this shape takes in memory as FP32.
std::uint64_t weightBytes(const ModelConfig& config);

/// Memory the system can still give, in bytes (MemAvailable, or the limit of the control group).
std::uint64_t availableMemory();

}  // namespace gridscope
