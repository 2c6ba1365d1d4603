// SPDX-License-Identifier: GPL-3.0-or-later

// From what the user names (token file, or text and tokenizer) to the stream a model trains on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/training/data_order.h"

namespace gridscope {

/// Largest tokenizer.json that is read whole to be kept beside checkpoints.
inline constexpr std::uint64_t kTokenizerBytes = 64 << 20;

struct TrainingInput {
    std::filesystem::path tokens;     ///< .npy, .bin or Megatron .idx; or empty
    std::string dtype;                ///< of a .bin: "u8", "u16", "u32", "i32", "i64"
    std::filesystem::path text;       ///< .jsonl or plain text, also .zst; or empty
    std::string textField = "text";   ///< key of the text in .jsonl
    std::filesystem::path tokenizer;  ///< of the text; gives an .idx its end-of-document id
    /// Of an .idx packed into sequences of one length (Pythia's: 2049), which may
    /// be larger than memory: the first sequence to read, and how many; nothing =
    /// all. Other inputs are read whole.
    std::uint64_t firstSequence = 0;
    std::optional<std::uint64_t> sequences;
};

struct TrainingTokens {
    std::vector<std::uint32_t> ids;
    std::uint64_t sequenceLength = 0;  ///< of packed data: ids of each sequence; 0 = one stream
    std::uint64_t firstSequence = 0;   ///< of the file that `ids` begin with
    std::string tokenizerJson;         ///< content of the tokenizer of a text; else empty
    std::vector<std::string> notes;    ///< for the user
};

/// Errors: settings.range (neither or both inputs), tokenizer.missing, tokens.* (tokens.too-few
/// when there is no first sequence), npy.*, json.*, tokenizer.*, file.*
Expected<TrainingTokens> loadTrainingTokens(FileOps& ops, const TrainingInput& input);

/// File order over `tokens`: a window is a sequence of packed data (of longer
/// ones the first `length` + 1 ids), or the next `length` tokens of a stream.
/// @param first window of the file to begin with
/// Errors: settings.range (a window longer than the sequences)
Expected<FileOrder> fileOrderOf(const TrainingTokens& tokens, std::int64_t length,
                                std::int64_t first);

}  // namespace gridscope
