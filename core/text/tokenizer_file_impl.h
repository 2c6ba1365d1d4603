// SPDX-License-Identifier: GPL-3.0-or-later

// The content of a tokenizer.json, read in one pass within the limits of formats.md, section 9.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/text/bpe_model.h"

namespace gridscope {

constexpr std::uint64_t kLongestTokenizerFile = 64u << 20;
constexpr std::size_t kLongestToken = 4096;
constexpr std::uint64_t kTokenIdLimit = 4'194'304;

struct TokenizerFile {
    nlohmann::json settings;  ///< everything but the two tables of the model
    std::vector<VocabularyEntry> vocabulary;
    std::vector<Merge> merges;
    bool hasMerges = false;
};

/// Errors: tokenizer.json (syntax, doubled key), json.depth (beyond 64), tokenizer.vocabulary,
/// tokenizer.merges (wrong type or spelling), tokenizer.limit.
Expected<TokenizerFile> readTokenizerJson(std::string_view json, std::string_view where);

}  // namespace gridscope
