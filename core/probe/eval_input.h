// SPDX-License-Identifier: GPL-3.0-or-later

// From what the user names (token file, or text and tokenizer) to the evaluation windows of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/checkpoint/catalog.h"
#include "core/text/eval_windows.h"

namespace gridscope {

struct EvalInput {
    std::filesystem::path tokens;         ///< .npy, .bin or .idx; or empty
    std::string dtype;                    ///< of a .bin: "u8", "u16", "u32", "i32", "i64"
    std::filesystem::path text;           ///< .jsonl or plain text, also .zst; or empty
    std::string textField = "text";       ///< key of the text in .jsonl
    std::filesystem::path tokenizer;      ///< empty = the checkpoint folder's, else its parent's
    std::string preset = "paper";         ///< science.md 1.3
    std::optional<std::string> windows;   ///< a number or "all"; nothing = the preset's
    std::optional<std::uint64_t> length;  ///< nothing = the preset's, at most max_position
};

struct LoadedWindows {
    EvalWindows windows;
    std::vector<std::string> notes;  ///< what was chosen without being asked, for the user
};

/// Reads, tokenizes and cuts. `catalog` gives the position limit and the tokenizer's place.
/// Of an .idx whose sequences are equally long these are the windows, or are cut into them; of any
/// other its documents are joined by the tokenizer's end-of-document id where a tokenizer is found.
/// Errors: settings.* (neither or both inputs, unknown preset), tokens.*, npy.*, json.*,
/// tokenizer.*, file.*.
Expected<LoadedWindows> loadEvalWindows(FileOps& ops, const EvalInput& input,
                                        const CheckpointCatalog& catalog);

/// tokenizer.json of the first checkpoint folder that has one, else of the folder above it.
/// Errors: tokenizer.missing.
Expected<std::filesystem::path> findTokenizer(const CheckpointCatalog& catalog);

}  // namespace gridscope
