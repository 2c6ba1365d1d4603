// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/torch_archive_source.h"

#include <new>
#include <utility>

#include "core/checkpoint/storage_view_reader.h"

namespace gridscope {

TorchArchiveSource::TorchArchiveSource(PinnedFile file, TorchArchive archive)
    : m_file(std::move(file)),
      m_archive(std::move(archive)),
      m_verified(m_archive.records.size(), !m_archive.hasChecksums) {}

Expected<std::unique_ptr<TensorSource>> TorchArchiveSource::open(
    FileOps& ops, const std::filesystem::path& path) {
    GRIDSCOPE_TRY_ASSIGN(pinned, PinnedFile::open(ops, path));
    GRIDSCOPE_TRY_ASSIGN(file, pinned.file());
    const FileBytes bytes(*file, pinned.sizeBytes());
    GRIDSCOPE_TRY_ASSIGN(archive, readTorchArchive(bytes, path.string()));
    return std::unique_ptr<TensorSource>(
        new TorchArchiveSource(std::move(pinned), std::move(archive)));
}

std::vector<Warning> TorchArchiveSource::warnings() const {
    std::vector<Warning> warnings;
    if (!m_archive.hasChecksums)
        warnings.push_back({ErrorCode::ZipChecksum, m_file.path().string(),
                            "was written without checksums, so damage cannot be seen"});
    const std::vector<std::string>& skipped = m_archive.dict.skipped;
    if (!skipped.empty())
        warnings.push_back({ErrorCode::PickleUnsupported, m_file.path().string(),
                            std::to_string(skipped.size()) +
                                " entries are no tensors and are left out, the first one is " +
                                escapeForDisplay(skipped.front())});
    return warnings;
}

Expected<void> TorchArchiveSource::compare(std::size_t storage, std::uint32_t checksum) {
    if (checksum != m_archive.records[storage].crc32)
        return Error{ErrorCode::ZipChecksum,
                     m_file.path().string() + ", data/" + m_archive.dict.storages[storage].key,
                     "the checksum does not fit the content",
                     "The file is damaged; fetch it again"};
    m_verified[storage] = true;
    return {};
}

Expected<void> TorchArchiveSource::verify(const ByteSource& bytes, std::size_t storage) {
    if (m_verified[storage]) return {};
    const StorageRecord& record = m_archive.records[storage];
    GRIDSCOPE_TRY_ASSIGN(checksum, m_reader.checksum(bytes, record.offset, record.sizeBytes));
    return compare(storage, checksum);
}

Expected<void> TorchArchiveSource::readPlain(const ByteSource& bytes, std::size_t index,
                                             std::span<float> into, TensorReportBuilder* report) {
    const TensorInfo& info = tensors()[index];
    const StorageView& view = m_archive.dict.views[index];
    const StorageRecord& record = m_archive.records[view.storage];
    const bool isWhole = info.storedBytes == record.sizeBytes;
    Crc32 checksum;
    const bool onTheWay = isWhole && !m_verified[view.storage];
    if (!isWhole) GRIDSCOPE_TRY(verify(bytes, view.storage));
    const std::uint64_t offset = record.offset + view.offset * (dtypeBits(info.dtype) / 8);
    GRIDSCOPE_TRY(
        m_reader.read(bytes, offset, info.dtype, into, {onTheWay ? &checksum : nullptr, report}));
    return onTheWay ? compare(view.storage, checksum.value()) : Expected<void>();
}

Expected<void> TorchArchiveSource::readGathered(const ByteSource& bytes, std::size_t index,
                                                std::span<float> into,
                                                TensorReportBuilder* report) {
    const TensorInfo& info = tensors()[index];
    const StorageView& view = m_archive.dict.views[index];
    GRIDSCOPE_TRY(verify(bytes, view.storage));
    GRIDSCOPE_TRY_ASSIGN(stored, gatherView(bytes, m_archive.records[view.storage], info, view));
    return m_reader.read(MemoryBytes(stored), 0, info.dtype, into, {nullptr, report});
}

Expected<void> TorchArchiveSource::read(std::size_t index, std::span<float> into,
                                        TensorReportBuilder* report) {
    const TensorInfo& info = tensors()[index];
    const std::string where = m_file.path().string();
    try {
        GRIDSCOPE_TRY_ASSIGN(file, m_file.file());
        const FileBytes bytes(*file, m_file.sizeBytes());
        const auto done = isRowMajor(info.shape, m_archive.dict.views[index])
                              ? readPlain(bytes, index, into, report)
                              : readGathered(bytes, index, into, report);
        if (!done && done.error().code != ErrorCode::ZipChecksum)
            return done.error().inside(tensorPlace(where, info));
        return done;
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, tensorPlace(where, info), "no memory for the tensor",
                     "Close other programs"};
    }
}

Expected<TensorReadReport> TorchArchiveSource::readFloats(std::size_t index,
                                                          std::span<float> into) {
    GRIDSCOPE_TRY(checkReadable(tensors(), index, into.size(), m_file.path().string()));
    TensorReportBuilder report(tensors()[index]);
    GRIDSCOPE_TRY(read(index, into, &report));
    return report.finish();
}

Expected<void> TorchArchiveSource::readValues(std::size_t index, std::span<float> into) {
    GRIDSCOPE_TRY(checkReadable(tensors(), index, into.size(), m_file.path().string()));
    return read(index, into, nullptr);
}

}  // namespace gridscope
