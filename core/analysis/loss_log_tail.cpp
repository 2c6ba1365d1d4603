// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/loss_log_tail.h"

#include <algorithm>

namespace gridscope {

namespace {

constexpr std::size_t kPiece = 1u << 20;
constexpr std::size_t kLongestLine = 1u << 20;
constexpr std::size_t kKeptEnd = 64;
constexpr std::uint64_t kLargestState = 64u << 20;

std::span<std::byte> bytesOf(std::string& text) {
    return {reinterpret_cast<std::byte*>(text.data()), text.size()};
}

}  // namespace

LossLogTail::LossLogTail(FileOps& ops, std::filesystem::path file, LossLogFormat format,
                         std::string metric)
    : m_ops(ops), m_file(std::move(file)), m_format(format), m_reader(format, std::move(metric)) {}

/// Whether the file still is the one that was read: same inode, not shorter, same last bytes.
Expected<bool> LossLogTail::continues(const File& file, const FileStatus& status) const {
    if (status.device != m_status.device || status.inode != m_status.inode) return false;
    if (status.sizeBytes < m_read) return false;
    std::string end(m_end.size(), '\0');
    GRIDSCOPE_TRY(file.readAt(bytesOf(end), m_read - m_end.size()));
    return end == m_end;
}

Expected<LossLogNews> LossLogTail::poll() {
    if (m_format == LossLogFormat::TrainerState) return readDocument();
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(m_ops, m_file));
    GRIDSCOPE_TRY_ASSIGN(status, file.status());
    LossLogNews news;
    if (m_seen) {
        GRIDSCOPE_TRY_ASSIGN(same, continues(file, status));
        if (!same) {
            news.restarted = true;
            m_read = 0;
            m_end.clear();
            m_partial.clear();
            m_skipping = false;
            m_reader.restart();
        }
    }
    m_seen = true;
    m_status = status;
    GRIDSCOPE_TRY(readAppended(file, status.sizeBytes, news));
    return news;
}

Expected<void> LossLogTail::readAppended(const File& file, std::uint64_t size, LossLogNews& news) {
    while (m_read < size) {
        std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(size - m_read, kPiece)),
                          '\0');
        GRIDSCOPE_TRY(file.readAt(bytesOf(piece), m_read));
        m_read += piece.size();
        takeLines(piece, news);
        m_end += piece;
        if (m_end.size() > kKeptEnd) m_end.erase(0, m_end.size() - kKeptEnd);
    }
    return {};
}

void LossLogTail::takeLines(std::string_view bytes, LossLogNews& news) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const std::string_view part = bytes.substr(0, end);
        if (!m_skipping) m_partial += part;
        if (m_partial.size() > kLongestLine) {
            m_skipping = true;
            m_partial.clear();
        }
        if (end == std::string_view::npos) return;
        takeLine(m_skipping ? std::string_view("line longer than 1 MiB") : m_partial, news);
        m_partial.clear();
        m_skipping = false;
        bytes.remove_prefix(end + 1);
    }
}

void LossLogTail::takeLine(std::string_view line, LossLogNews& news) {
    auto point = m_reader.line(line);
    if (!point)
        news.badLines.push_back(point.error().inside(m_file.string()));
    else if (*point)
        news.points.push_back(**point);
}

Expected<LossLogNews> LossLogTail::readDocument() {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(m_ops, m_file));
    GRIDSCOPE_TRY_ASSIGN(status, file.status());
    LossLogNews news;
    if (m_seen && status == m_status) return news;
    GRIDSCOPE_TRY_ASSIGN(text, readWholeFile(m_ops, m_file, kLargestState));
    auto points = m_reader.document(text);
    if (!points) {
        // Half-written: it is rewritten soon, and then has another time and size.
        news.badLines.push_back(points.error().inside(m_file.string()));
        return news;
    }
    m_seen = true;
    m_status = status;
    news.points = std::move(*points);
    return news;
}

Expected<LossLogNews> LossLogTail::finish() {
    LossLogNews news;
    if (m_format == LossLogFormat::TrainerState || m_partial.empty()) return news;
    takeLine(m_partial, news);
    m_partial.clear();
    return news;
}

}  // namespace gridscope
