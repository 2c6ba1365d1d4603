// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/replacement_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <string>

namespace gridscope {

Expected<ReplacementFile> ReplacementFile::create(FileOps& ops, const std::filesystem::path& path) {
    std::filesystem::path temporary =
        path.parent_path() / ("." + path.filename().string() + ".tmp-" + std::to_string(getpid()));
    const int descriptor = ops.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (descriptor < 0) {
        Error error = fileError(path, "create", -descriptor);
        if (error.code != ErrorCode::FileDiskFull) error.code = ErrorCode::OutputNotWritable;
        return error;
    }
    return ReplacementFile(ops, File(ops, descriptor), path, std::move(temporary));
}

ReplacementFile::~ReplacementFile() {
    if (!m_temporary.empty()) m_ops->unlink(m_temporary);
}

Expected<void> ReplacementFile::writeAt(std::span<const std::byte> from,
                                        std::uint64_t offset) const {
    if (auto written = m_file.writeAt(from, offset); !written)
        return written.error().inside(m_path.string());
    return {};
}

Expected<void> ReplacementFile::finish() {
    if (auto synced = m_file.sync(); !synced) return synced.error().inside(m_path.string());
    { const File closed(std::move(m_file)); }
    if (const int result = m_ops->rename(m_temporary, m_path); result < 0)
        return fileError(m_path, "rename", -result);
    m_temporary.clear();
    return syncFolder(*m_ops, m_path.parent_path());
}

}  // namespace gridscope
