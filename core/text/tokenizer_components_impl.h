// SPDX-License-Identifier: GPL-3.0-or-later

// The parts of a tokenizer.json around the model, from JSON to the classes that do the work.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_decoder.h"

namespace gridscope {

/// Ids that a post-processor puts around the text.
struct TokenTemplate {
    std::vector<std::uint32_t> before;
    std::vector<std::uint32_t> after;
};

// Each takes the component (null = none) and its place for messages.
// Errors: tokenizer.json (shape), tokenizer.unsupported (type or option, by name),
// tokenizer.limit (more than 64 steps).

Expected<Normalizer> makeNormalizer(const nlohmann::json* component, const std::string& where);
Expected<PreTokenizer> makePreTokenizer(const nlohmann::json* component, const std::string& where);
Expected<TokenTemplate> makeTemplate(const nlohmann::json* component, const std::string& where);
Expected<TokenDecoder> makeDecoder(const nlohmann::json* component, const std::string& where);

}  // namespace gridscope
