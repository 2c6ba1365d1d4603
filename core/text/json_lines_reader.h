// SPDX-License-Identifier: GPL-3.0-or-later

// Reads the documents of a .jsonl or .jsonl.zst file one after another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/text/byte_stream.h"

namespace gridscope {

struct JsonLinesSettings {
    std::string field = "text";                    ///< key of the document's text
    std::uint64_t windowBytes = kZstdWindowBytes;  ///< as for openByteStream, for .zst
};

/// Memory: one line, at most 64 MiB, and one piece of the file.
class JsonLinesReader {
public:
    /// Errors: those of openByteStream; file.wrong-type for UTF-16.
    static Expected<JsonLinesReader> open(FileOps& ops, const std::filesystem::path& path,
                                          JsonLinesSettings settings);

    /// The text of the next line that is not empty, or nothing at the end of the file.
    /// Errors: those of textOfJsonLine, with the line in `where`; tokens.format for a line above
    /// 64 MiB; file.*, tokens.compressed. After an error the reader is of no more use.
    Expected<std::optional<std::string>> next();

    /// Ill-formed UTF-8 sequences that became U+FFFD so far.
    std::uint64_t replaced() const { return m_replaced; }

private:
    JsonLinesReader(std::unique_ptr<ByteStream> stream, JsonLinesSettings settings,
                    std::string where)
        : m_stream(std::move(stream)), m_settings(std::move(settings)), m_where(std::move(where)) {}
    Expected<bool> fill();
    Expected<std::optional<std::string_view>> nextLine();
    Expected<void> skipMark();

    std::unique_ptr<ByteStream> m_stream;
    JsonLinesSettings m_settings;
    std::string m_where;
    std::string m_buffer;     // bytes read and not yet given
    std::size_t m_begin = 0;  // first of them that is of the next line
    std::uint64_t m_line = 0;
    std::uint64_t m_replaced = 0;
    bool m_atEnd = false;
};

/// True for names that end in .jsonl or .jsonl.zst.
bool isJsonLinesName(const std::filesystem::path& path);

}  // namespace gridscope
