// SPDX-License-Identifier: GPL-3.0-or-later

// Follows a growing loss log: new points on every poll, whatever happens to the file meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/analysis/loss_log.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// What a poll found.
struct LossLogNews {
    std::vector<LossPoint> points;
    std::vector<Error> badLines;  ///< passed over; a log line damaged by a crash ends no watch
    bool restarted = false;       ///< the file was replaced or cut: read again from its start
};

/// Reads what was appended since the last poll. A last line without its end waits for the next
/// poll. A file that is smaller than what was read, has another inode, or whose last bytes before
/// the place of reading differ was rotated, cut or rewritten: it is read again from its start; the
/// monitor leaves out the steps that it knows. A trainer_state.json is rewritten as a whole and
/// read as a whole; while it is half-written, it waits too. Keeps the unfinished line (at most 1
/// MiB) and 64 bytes. Not thread-safe.
class LossLogTail {
public:
    LossLogTail(FileOps& ops, std::filesystem::path file, LossLogFormat format, std::string metric);

    /// Errors: file.* (file.missing while the file is not there: it may come), file.too-large (a
    /// trainer state above 64 MiB)
    Expected<LossLogNews> poll();
    /// What is left of the log when no more will come: the last line may lack its end.
    Expected<LossLogNews> finish();
    /// See LossLogReader::found.
    const std::string& found() const { return m_reader.found(); }

private:
    Expected<void> readAppended(const File& file, std::uint64_t size, LossLogNews& news);
    Expected<LossLogNews> readDocument();
    void takeLines(std::string_view bytes, LossLogNews& news);
    void takeLine(std::string_view line, LossLogNews& news);
    Expected<bool> continues(const File& file, const FileStatus& status) const;

    FileOps& m_ops;
    std::filesystem::path m_file;
    LossLogFormat m_format;
    LossLogReader m_reader;
    bool m_seen = false;
    FileStatus m_status;       ///< of the file last read
    std::uint64_t m_read = 0;  ///< bytes taken
    std::string m_end;         ///< last bytes taken, at most 64
    std::string m_partial;     ///< line without its end
    bool m_skipping = false;   ///< inside a line that is too long
};

}  // namespace gridscope
