// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/pinned_file.h"

#include <utility>

namespace gridscope {

Expected<PinnedFile> PinnedFile::open(FileOps& ops, const std::filesystem::path& path) {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, path));
    const auto status = file.status();
    if (!status) return status.error().inside(path.string());
    return PinnedFile(ops, path, std::move(file), *status);
}

/// By its name again: a file replaced by rename leaves an open one as it was.
Expected<File> PinnedFile::reopen() const {
    auto file = openForReading(*m_ops, m_path);
    if (!file && file.error().code == ErrorCode::FileMissing)
        return Error{ErrorCode::FileVanished, m_path.string(),
                     "the file is gone since it was opened", "Put it back, or probe a copy"};
    if (!file) return file.error();
    const auto status = file->status();
    if (!status) return status.error().inside(m_path.string());
    if (*status == m_status) return file;
    return Error{ErrorCode::FileChanged, m_path.string(),
                 "size, time or identity of the file changed since it was opened",
                 "Probe again when nothing writes to the folder"};
}

Expected<const File*> PinnedFile::file() {
    if (!m_file) {
        GRIDSCOPE_TRY_ASSIGN(again, reopen());
        m_file.emplace(std::move(again));
    }
    return &*m_file;
}

Expected<void> PinnedFile::checkUnchanged() const {
    GRIDSCOPE_TRY(reopen());
    return {};
}

}  // namespace gridscope
