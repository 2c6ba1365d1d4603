// SPDX-License-Identifier: GPL-3.0-or-later

// From what the user names (token file, or text and tokenizer) to the stream a model trains on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

struct TrainingInput {
    std::filesystem::path tokens;     ///< .npy, .bin or Megatron .idx; or empty
    std::string dtype;                ///< of a .bin: "u8", "u16", "u32", "i32", "i64"
    std::filesystem::path text;       ///< .jsonl or plain text, also .zst; or empty
    std::string textField = "text";   ///< key of the text in .jsonl
    std::filesystem::path tokenizer;  ///< of the text; gives an .idx its end-of-document id
};

struct TrainingTokens {
    std::vector<std::uint32_t> ids;
    std::string tokenizerJson;       ///< content of the tokenizer of a text; else empty
    std::vector<std::string> notes;  ///< for the user
};

/// Errors: settings.range (neither or both inputs), tokenizer.missing, tokens.*, npy.*, json.*,
/// tokenizer.*, file.*
Expected<TrainingTokens> loadTrainingTokens(FileOps& ops, const TrainingInput& input);

}  // namespace gridscope
