// SPDX-License-Identifier: GPL-3.0-or-later

// From a text file of any kind to one stream of token ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/text/json_lines_reader.h"
#include "core/text/token_file.h"
#include "core/text/tokenizer.h"

namespace gridscope {

struct TokenizeSettings {
    SpecialTokens special = SpecialTokens::Without;  ///< around every document
    std::uint64_t most =
        kAllIds;              ///< of many documents no more are read once there are so many ids
    JsonLinesSettings lines;  ///< for .jsonl; the window also for .txt.zst
};

struct TokenizedText {
    std::vector<std::uint32_t> ids;
    std::uint64_t documents = 0;     ///< that gave ids
    std::vector<std::string> notes;  ///< what was mended or is missing, for the user
};

/// Documents of .jsonl[.zst] in file order with the tokenizer's end-of-document id between them
/// (those without ids are left out); any other file is one document (.txt, .txt.zst).
/// Errors: those of readTextFile and JsonLinesReader, tokenizer.limit, memory.failed.
Expected<TokenizedText> tokenizeFile(FileOps& ops, const std::filesystem::path& path,
                                     const Tokenizer& tokenizer, const TokenizeSettings& settings);

}  // namespace gridscope
