// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/safetensors_source.h"

#include <utility>

namespace gridscope {

Expected<std::unique_ptr<TensorSource>> SafetensorsSource::open(FileOps& ops,
                                                                const std::filesystem::path& path) {
    GRIDSCOPE_TRY_ASSIGN(pinned, PinnedFile::open(ops, path));
    GRIDSCOPE_TRY_ASSIGN(file, pinned.file());
    GRIDSCOPE_TRY_ASSIGN(header, readSafetensorsHeader(*file, pinned.sizeBytes(), path.string()));
    return std::unique_ptr<TensorSource>(
        new SafetensorsSource(std::move(pinned), std::move(header)));
}

Expected<void> SafetensorsSource::read(std::size_t index, std::span<float> into,
                                       TensorReportBuilder* report) {
    const TensorInfo& info = m_header.tensors[index];
    GRIDSCOPE_TRY_ASSIGN(file, m_file.file());
    const FileBytes bytes(*file, m_file.sizeBytes());
    const auto done =
        m_reader.read(bytes, m_header.fileOffsets[index], info.dtype, into, {nullptr, report});
    if (!done) return done.error().inside(tensorPlace(m_file.path().string(), info));
    return {};
}

Expected<TensorReadReport> SafetensorsSource::readFloats(std::size_t index, std::span<float> into) {
    GRIDSCOPE_TRY(checkReadable(tensors(), index, into.size(), m_file.path().string()));
    TensorReportBuilder report(m_header.tensors[index]);
    GRIDSCOPE_TRY(read(index, into, &report));
    return report.finish();
}

Expected<void> SafetensorsSource::readValues(std::size_t index, std::span<float> into) {
    GRIDSCOPE_TRY(checkReadable(tensors(), index, into.size(), m_file.path().string()));
    return read(index, into, nullptr);
}

}  // namespace gridscope
