// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/stored_values.h"

#include <algorithm>
#include <string>

#include "core/checkpoint/float_conversion.h"
#include "core/checkpoint/little_endian.h"

namespace gridscope {

namespace {

// 256 KiB of FP32: a piece is still in the second-level cache when it is converted and hashed.
constexpr std::size_t kPieceElements = std::size_t{1} << 16;
constexpr std::size_t kPieceBytes = kPieceElements * sizeof(float);

/// Values of another type than FP32, whose bytes lie aligned in `stored`, into `into`; returns
/// how many F64 values changed.
std::uint64_t convert(Dtype dtype, std::span<const std::byte> stored, std::span<float> into) {
    if (dtype == Dtype::F64)
        return narrowF64({reinterpret_cast<const double*>(stored.data()), into.size()}, into);
    const std::span<const std::uint16_t> halves(
        reinterpret_cast<const std::uint16_t*>(stored.data()), into.size());
    if (dtype == Dtype::F16)
        widenF16(halves, into);
    else
        widenBf16(halves, into);
    return 0;
}

}  // namespace

TensorReportBuilder::TensorReportBuilder(const TensorInfo& info) {
    m_hash.update(static_cast<std::uint64_t>(info.shape.size()));
    for (const std::uint64_t size : info.shape) m_hash.update(size);
}

void TensorReportBuilder::add(std::span<const float> values) {
    while (!values.empty()) {
        const auto piece = values.first(std::min(values.size(), kPieceElements));
        values = values.subspan(piece.size());
        m_hash.update(std::as_bytes(piece));
        const ValueCounts counts = countValues(piece);
        if (m_report.nonFinite == 0 && counts.nonFinite > 0)
            m_report.firstNonFinite = m_seen + firstNonFinite(piece);
        m_report.nonFinite += counts.nonFinite;
        m_report.fitsF16 += counts.fitsF16;
        m_report.fitsBf16 += counts.fitsBf16;
        m_seen += piece.size();
    }
}

TensorReadReport TensorReportBuilder::finish() {
    m_report.contentSha256 = m_hash.finishHex();
    return std::move(m_report);
}

std::span<std::byte> StoredValueReader::staging(std::size_t bytes) {
    if (m_staging.empty()) m_staging.resize(kPieceElements);
    return std::as_writable_bytes(std::span(m_staging)).first(bytes);
}

Expected<void> StoredValueReader::read(const ByteSource& bytes, std::uint64_t offset, Dtype dtype,
                                       std::span<float> into, const ValueObservers& observers) {
    const std::size_t itemBytes = dtypeBits(dtype) / 8;
    while (!into.empty()) {
        const auto piece = into.first(std::min(into.size(), kPieceElements));
        const bool asStored = dtype == Dtype::F32;
        const std::span<std::byte> stored =
            asStored ? std::as_writable_bytes(piece) : staging(piece.size() * itemBytes);
        GRIDSCOPE_TRY(bytes.readAt(stored, offset));
        if (observers.checksum != nullptr) observers.checksum->update(stored);
        const std::uint64_t rounded = asStored ? 0 : convert(dtype, stored, piece);
        if (observers.report != nullptr) {
            observers.report->add(piece);
            observers.report->addRounded(rounded);
        }
        into = into.subspan(piece.size());
        offset += stored.size();
    }
    return {};
}

Expected<std::uint32_t> StoredValueReader::checksum(const ByteSource& bytes, std::uint64_t offset,
                                                    std::uint64_t sizeBytes) {
    Crc32 sum;
    while (sizeBytes > 0) {
        const auto piece =
            staging(static_cast<std::size_t>(std::min<std::uint64_t>(sizeBytes, kPieceBytes)));
        GRIDSCOPE_TRY(bytes.readAt(piece, offset));
        sum.update(piece);
        offset += piece.size();
        sizeBytes -= piece.size();
    }
    return sum.value();
}

std::string tensorPlace(std::string_view where, const TensorInfo& info) {
    return std::string(where) + ", " + escapeForDisplay(info.name);
}

Expected<void> checkReadable(const std::vector<TensorInfo>& tensors, std::size_t index,
                             std::size_t valuesOfSpan, std::string_view where) {
    if (index >= tensors.size())
        return Error{ErrorCode::Internal,
                     std::string(where),
                     "tensor " + std::to_string(index) + " asked for, the file has " +
                         std::to_string(tensors.size()),
                     {}};
    const TensorInfo& info = tensors[index];
    if (!isWeightDtype(info.dtype))
        return Error{
            ErrorCode::SafetensorsDtype,
            tensorPlace(where, info),
            "weights must be F16, BF16, F32 or F64, found " + std::string(dtypeName(info.dtype)),
            {}};
    if (valuesOfSpan != info.elements)
        return Error{ErrorCode::Internal,
                     tensorPlace(where, info),
                     "room for " + std::to_string(valuesOfSpan) + " values, the tensor has " +
                         std::to_string(info.elements),
                     {}};
    return {};
}

}  // namespace gridscope
