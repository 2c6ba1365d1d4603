// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/byte_stream.h"

#include <algorithm>
#include <string>

#include "core/checkpoint/file_type.h"
#include "core/text/zstd_stream_impl.h"

namespace gridscope {

namespace {

/// The bytes as they stand in the file, as many as it had when it was opened.
class FileStream final : public ByteStream {
public:
    FileStream(File file, std::uint64_t sizeBytes, std::string where)
        : m_file(std::move(file)), m_left(sizeBytes), m_where(std::move(where)) {}

    Expected<std::size_t> read(std::span<char> into) override {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, into.size()));
        if (auto outcome = m_file.readAt(std::as_writable_bytes(into.first(count)), m_position);
            !outcome)
            return outcome.error().inside(m_where);
        m_position += count;
        m_left -= count;
        return count;
    }

private:
    File m_file;
    std::uint64_t m_position = 0;
    std::uint64_t m_left;
    std::string m_where;
};

}  // namespace

bool isCompressedName(const std::filesystem::path& path) { return path.extension() == ".zst"; }

Expected<std::unique_ptr<ByteStream>> openByteStream(FileOps& ops,
                                                     const std::filesystem::path& path,
                                                     std::uint64_t windowBytes) {
    const std::string where = path.string();
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, path));
    const auto status = file.status();
    if (!status) return status.error().inside(where);
    // A Git LFS pointer is below 1 KiB and is recognised as a whole.
    std::string start(
        static_cast<std::size_t>(std::min<std::uint64_t>(status->sizeBytes, std::uint64_t{1024})),
        '\0');
    if (auto read = file.readAt(std::as_writable_bytes(std::span(start)), 0); !read)
        return read.error().inside(where);
    if (auto standIn = standInError(start, where)) return *std::move(standIn);
    const bool compressed = isCompressedName(path);
    if (!compressed && start.starts_with(kZstdMagic))
        return Error{ErrorCode::FileWrongType, where, "is compressed with zstd but not named .zst",
                     "Name it .txt.zst or .jsonl.zst"};
    auto stream = std::make_unique<FileStream>(std::move(file), status->sizeBytes, where);
    if (!compressed) return std::unique_ptr<ByteStream>(std::move(stream));
    return openZstdStream(std::move(stream), windowBytes, where);
}

}  // namespace gridscope
