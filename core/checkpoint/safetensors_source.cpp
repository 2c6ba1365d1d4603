// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/safetensors_source.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "core/base/sha256.h"
#include "core/checkpoint/float_conversion.h"

namespace gridscope {

namespace {

static_assert(std::endian::native == std::endian::little, "stored bytes are used as they are");

// 256 KiB of FP32: a piece is still in the second-level cache when it is converted and hashed.
constexpr std::size_t kPieceElements = std::size_t{1} << 16;

}  // namespace

SafetensorsSource::SafetensorsSource(FileOps& ops, std::filesystem::path path, File file,
                                     const FileStatus& status, SafetensorsHeader header)
    : m_ops(&ops),
      m_path(std::move(path)),
      m_file(std::move(file)),
      m_status(status),
      m_header(std::move(header)) {}

Expected<std::unique_ptr<TensorSource>> SafetensorsSource::open(FileOps& ops,
                                                                const std::filesystem::path& path) {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, path));
    auto status = file.status();
    if (!status) return status.error().inside(path.string());
    GRIDSCOPE_TRY_ASSIGN(header, readSafetensorsHeader(file, status->sizeBytes, path.string()));
    return std::unique_ptr<TensorSource>(
        new SafetensorsSource(ops, path, std::move(file), *status, std::move(header)));
}

std::string SafetensorsSource::place(std::size_t index) const {
    return m_path.string() + ", " + escapeForDisplay(m_header.tensors[index].name);
}

Expected<void> SafetensorsSource::checkReadable(std::size_t index, std::span<float> into) const {
    if (index >= m_header.tensors.size())
        return Error{ErrorCode::Internal,
                     m_path.string(),
                     "tensor " + std::to_string(index) + " asked for, the file has " +
                         std::to_string(m_header.tensors.size()),
                     {}};
    const TensorInfo& info = m_header.tensors[index];
    if (!isWeightDtype(info.dtype))
        return Error{
            ErrorCode::SafetensorsDtype,
            place(index),
            "weights must be F16, BF16, F32 or F64, found " + std::string(dtypeName(info.dtype)),
            {}};
    if (into.size() != info.elements)
        return Error{ErrorCode::Internal,
                     place(index),
                     "room for " + std::to_string(into.size()) + " values, the tensor has " +
                         std::to_string(info.elements),
                     {}};
    return {};
}

Expected<std::uint64_t> SafetensorsSource::readPiece(std::size_t index, std::uint64_t first,
                                                     std::span<float> into) {
    const Dtype dtype = m_header.tensors[index].dtype;
    const std::size_t itemBytes = dtypeBits(dtype) / 8;
    const std::uint64_t offset = m_header.fileOffsets[index] + first * itemBytes;
    if (dtype == Dtype::F32) {
        if (auto read = m_file.readAt(std::as_writable_bytes(into), offset); !read)
            return read.error().inside(place(index));
        return std::uint64_t{0};
    }
    if (m_staging.empty()) m_staging.resize(kPieceElements);
    const auto stored = std::as_writable_bytes(std::span(m_staging)).first(into.size() * itemBytes);
    if (auto read = m_file.readAt(stored, offset); !read) return read.error().inside(place(index));
    if (dtype == Dtype::F64) return narrowF64(std::span(m_staging).first(into.size()), into);
    const std::span<const std::uint16_t> halves(
        reinterpret_cast<const std::uint16_t*>(stored.data()), into.size());
    if (dtype == Dtype::F16)
        widenF16(halves, into);
    else
        widenBf16(halves, into);
    return std::uint64_t{0};
}

Expected<TensorReadReport> SafetensorsSource::readFloats(std::size_t index, std::span<float> into) {
    GRIDSCOPE_TRY(checkReadable(index, into));
    const TensorInfo& info = m_header.tensors[index];
    Sha256 hash;
    hash.update(static_cast<std::uint64_t>(info.shape.size()));
    for (const std::uint64_t size : info.shape) hash.update(size);
    TensorReadReport report;
    for (std::size_t first = 0; first < into.size(); first += kPieceElements) {
        const auto piece = into.subspan(first, std::min(kPieceElements, into.size() - first));
        GRIDSCOPE_TRY_ASSIGN(rounded, readPiece(index, first, piece));
        report.valuesRounded += rounded;
        hash.update(std::as_bytes(piece));
        const ValueCounts counts = countValues(piece);
        if (report.nonFinite == 0 && counts.nonFinite > 0)
            report.firstNonFinite = first + firstNonFinite(piece);
        report.nonFinite += counts.nonFinite;
        report.fitsF16 += counts.fitsF16;
        report.fitsBf16 += counts.fitsBf16;
    }
    report.contentSha256 = hash.finishHex();
    return report;
}

Expected<void> SafetensorsSource::readValues(std::size_t index, std::span<float> into) {
    GRIDSCOPE_TRY(checkReadable(index, into));
    for (std::size_t first = 0; first < into.size(); first += kPieceElements) {
        const auto piece = into.subspan(first, std::min(kPieceElements, into.size() - first));
        GRIDSCOPE_TRY(readPiece(index, first, piece));
    }
    return {};
}

Expected<void> SafetensorsSource::checkUnchanged() {
    // By its name again: a file replaced by rename leaves the open one as it was.
    auto again = openForReading(*m_ops, m_path);
    if (!again && again.error().code == ErrorCode::FileMissing)
        return Error{ErrorCode::FileVanished, m_path.string(),
                     "the file is gone since it was opened", "Put it back, or probe a copy"};
    if (!again) return again.error();
    const auto status = again->status();
    if (!status) return status.error().inside(m_path.string());
    if (*status == m_status) return {};
    return Error{ErrorCode::FileChanged, m_path.string(),
                 "size, time or identity of the file changed since it was opened",
                 "Probe again when nothing writes to the folder"};
}

}  // namespace gridscope
