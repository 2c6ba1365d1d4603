// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/text_file.h"

#include <new>

#include "core/text/unicode.h"
#include "core/text/wrong_type.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kLongestTextFile = 1u << 30;

}  // namespace

Expected<TextDocument> readTextFile(FileOps& ops, const std::filesystem::path& path) try {
    GRIDSCOPE_TRY_ASSIGN(content, readWholeFile(ops, path, kLongestTextFile));
    // A web page may well be the text that is wanted.
    if (auto outcome = refuseStandIn(content, path);
        !outcome && outcome.error().code == ErrorCode::FileLfsPointer)
        return outcome.error();
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
