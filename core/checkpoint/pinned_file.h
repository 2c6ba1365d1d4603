// SPDX-License-Identifier: GPL-3.0-or-later

// An input file that must stay what it was when it was first opened (reliability.md, F04 and F05).
#pragma once

#include <filesystem>
#include <optional>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

class PinnedFile {
public:
    /// Errors: those of openForReading.
    static Expected<PinnedFile> open(FileOps& ops, const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_path; }
    std::uint64_t sizeBytes() const { return m_status.sizeBytes; }
    /// The open file, opened again after close(). Valid until the next close().
    /// Errors: file.vanished, file.changed, those of openForReading.
    Expected<const File*> file();
    /// Gives the descriptor back until the next file().
    void close() { m_file.reset(); }
    /// Errors: file.vanished, file.changed if another file has the name now.
    Expected<void> checkUnchanged() const;

private:
    PinnedFile(FileOps& ops, std::filesystem::path path, File file, const FileStatus& status)
        : m_ops(&ops), m_path(std::move(path)), m_status(status), m_file(std::move(file)) {}

    Expected<File> reopen() const;

    FileOps* m_ops;
    std::filesystem::path m_path;
    FileStatus m_status;
    std::optional<File> m_file;
};

}  // namespace gridscope
