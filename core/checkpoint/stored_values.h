// SPDX-License-Identifier: GPL-3.0-or-later

// Stored elements of a file as FP32: one pass converts, checksums, hashes and counts.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/sha256.h"
#include "core/checkpoint/byte_source.h"
#include "core/checkpoint/crc32.h"
#include "core/checkpoint/tensor_source.h"

namespace gridscope {

/// Gathers the TensorReadReport of one tensor from its values in row-major order.
class TensorReportBuilder {
public:
    explicit TensorReportBuilder(const TensorInfo& info);

    void add(std::span<const float> values);
    void addRounded(std::uint64_t values) { m_report.valuesRounded += values; }
    /// The object is used up.
    TensorReadReport finish();

private:
    Sha256 m_hash;
    TensorReadReport m_report;
    std::uint64_t m_seen = 0;
};

/// Who looks at the values on their way; null for nobody.
struct ValueObservers {
    Crc32* checksum = nullptr;              ///< sees the bytes as stored
    TensorReportBuilder* report = nullptr;  ///< sees the values in the order of the file
};

/// Reads runs of equal elements. Keeps its staging memory between calls.
class StoredValueReader {
public:
    /// The elements of `dtype` (F16, BF16, F32 or F64) from byte `offset` on.
    /// Errors: those of ByteSource::readAt.
    Expected<void> read(const ByteSource& bytes, std::uint64_t offset, Dtype dtype,
                        std::span<float> into, const ValueObservers& observers);
    /// CRC-32 of a range of bytes. Errors: those of ByteSource::readAt.
    Expected<std::uint32_t> checksum(const ByteSource& bytes, std::uint64_t offset,
                                     std::uint64_t sizeBytes);

private:
    std::span<std::byte> staging(std::size_t bytes);

    std::vector<double> m_staging;  ///< doubles for their alignment
};

/// What reading tensor `index` of `tensors` into `valuesOfSpan` floats asks for, checked.
/// Errors: safetensors.dtype for elements no weight may have; internal.failed.
Expected<void> checkReadable(const std::vector<TensorInfo>& tensors, std::size_t index,
                             std::size_t valuesOfSpan, std::string_view where);

/// "file, tensor" for errors.
std::string tensorPlace(std::string_view where, const TensorInfo& info);

}  // namespace gridscope
