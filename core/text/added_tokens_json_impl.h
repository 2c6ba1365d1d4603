// SPDX-License-Identifier: GPL-3.0-or-later

// The added tokens of a tokenizer.json, checked against its vocabulary.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/text/added_tokens.h"
#include "core/text/tokenizer_file_impl.h"

namespace gridscope {

struct AddedTokens {
    std::vector<AddedToken> raw;         ///< looked for in the text as it is
    std::vector<AddedToken> normalized;  ///< looked for after normalization
};

/// Errors: tokenizer.json (shape), tokenizer.unsupported (single_word), tokenizer.limit,
/// tokenizer.vocabulary (an id or a content used for something else already).
Expected<AddedTokens> readAddedTokens(const nlohmann::json* list,
                                      const std::vector<VocabularyEntry>& vocabulary,
                                      const std::string& where);

}  // namespace gridscope
