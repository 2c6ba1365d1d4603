// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/text_file.h"

#include <algorithm>
#include <new>

#include "core/checkpoint/file_type.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::size_t kLongestTextFile = std::size_t{1} << 30;
constexpr std::size_t kPieceBytes = 1u << 20;

/// All of a compressed file. The unpacked size is not known before, so the text grows with it.
Expected<std::string> unpackWhole(FileOps& ops, const std::filesystem::path& path,
                                  std::uint64_t windowBytes) {
    GRIDSCOPE_TRY_ASSIGN(stream, openByteStream(ops, path, windowBytes));
    std::string content;
    for (std::size_t used = 0;;) {
        if (used > kLongestTextFile)
            return Error{ErrorCode::FileTooLarge, path.string(),
                         "unpacks to more than " + std::to_string(kLongestTextFile) + " bytes",
                         "Split it, or make a .jsonl of its documents"};
        if (used == content.size())
            content.resize(std::min(kLongestTextFile + 1, used + used / 2 + kPieceBytes));
        GRIDSCOPE_TRY_ASSIGN(count, stream->read(std::span(content).subspan(used)));
        used += count;
        if (count > 0) continue;
        content.resize(used);
        return content;
    }
}

}  // namespace

Expected<TextDocument> readTextFile(FileOps& ops, const std::filesystem::path& path,
                                    std::uint64_t windowBytes) try {
    GRIDSCOPE_TRY_ASSIGN(content, isCompressedName(path)
                                      ? unpackWhole(ops, path, windowBytes)
                                      : readWholeFile(ops, path, kLongestTextFile));
    // A web page may well be the text that is wanted.
    if (auto pointer = lfsPointerError(content, path.string())) return *std::move(pointer);
    if (content.starts_with("\xFF\xFE") || content.starts_with("\xFE\xFF"))
        return Error{ErrorCode::FileWrongType, path.string(), "is UTF-16 text, UTF-8 is needed",
                     "Convert it to UTF-8"};
    if (content.starts_with("\xEF\xBB\xBF")) content.erase(0, 3);
    if (validUtf8Prefix(content) == content.size()) return TextDocument{std::move(content), 0};
    RepairedText repaired = repairUtf8(content);
    return TextDocument{std::move(repaired.text), repaired.replaced};
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::MemoryFailed, path.string(), "there is not enough memory for the text",
                 "Use a smaller file"};
}

}  // namespace gridscope
