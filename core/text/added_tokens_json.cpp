// SPDX-License-Identifier: GPL-3.0-or-later

#include <unordered_map>

#include "core/text/added_tokens_json_impl.h"
#include "core/text/json_fields_impl.h"

namespace gridscope {

namespace {

using nlohmann::json;

constexpr std::size_t kMostAddedTokens = 10'000;

/// Which token has which id, both ways, so that a clash is found.
class Assignments {
public:
    explicit Assignments(const std::vector<VocabularyEntry>& vocabulary) {
        for (const auto& [token, id] : vocabulary) {
            m_ids.emplace(token, id);
            m_tokens.emplace(id, token);
        }
    }

    Expected<void> assign(const AddedToken& token, const std::string& where) {
        const auto [id, newToken] = m_ids.emplace(token.content, token.id);
        const auto [content, newId] = m_tokens.emplace(token.id, token.content);
        if (!newToken && id->second != token.id)
            return clash(where, token, "the vocabulary gives it id " + std::to_string(id->second));
        if (!newId && content->second != token.content)
            return clash(where, token,
                         "this id belongs to \"" + escapeForDisplay(content->second) + "\"");
        if (!m_added.emplace(token.id, true).second)
            return clash(where, token, "it is added twice");
        return {};
    }

private:
    static Error clash(const std::string& where, const AddedToken& token, const std::string& why) {
        return {ErrorCode::TokenizerVocabulary, where,
                "added token \"" + escapeForDisplay(token.content) + "\" with id " +
                    std::to_string(token.id) + ": " + why,
                "The file is damaged; get it again"};
    }

    std::unordered_map<std::string, std::uint32_t> m_ids;
    std::unordered_map<std::uint32_t, std::string> m_tokens;
    std::unordered_map<std::uint32_t, bool> m_added;
};

Error limitError(const std::string& where, const std::string& what) {
    return {ErrorCode::TokenizerLimit, where, what, "Is this a tokenizer.json?"};
}

struct ReadToken {
    AddedToken token;
    bool normalized = false;
};

Expected<ReadToken> readToken(const json& object, const std::string& where) {
    GRIDSCOPE_TRY_ASSIGN(fields, JsonFields::of(object, where));
    GRIDSCOPE_TRY_ASSIGN(id, fields.count("id"));
    if (id >= kTokenIdLimit)
        return Error{ErrorCode::TokenizerVocabulary,
                     fields.whereOf("id"),
                     "expected an id from 0 to " + std::to_string(kTokenIdLimit - 1) + ", found " +
                         std::to_string(id),
                     {}};
    GRIDSCOPE_TRY_ASSIGN(content, fields.text("content"));
    if (content.size() > kLongestToken)
        return limitError(where, "a token of " + std::to_string(content.size()) +
                                     " bytes, at most " + std::to_string(kLongestToken) +
                                     " are read");
    if (content.empty()) return fields.wrong("content", "a text that is not empty");
    GRIDSCOPE_TRY_ASSIGN(singleWord, fields.flagOr("single_word", false));
    if (singleWord) return unsupportedComponent(where, "an added token with single_word");
    GRIDSCOPE_TRY_ASSIGN(before, fields.flagOr("lstrip", false));
    GRIDSCOPE_TRY_ASSIGN(after, fields.flagOr("rstrip", false));
    GRIDSCOPE_TRY_ASSIGN(normalized, fields.flag("normalized"));
    return ReadToken{{static_cast<std::uint32_t>(id), std::move(content), {before, after}},
                     normalized};
}

}  // namespace

Expected<AddedTokens> readAddedTokens(const json* list,
                                      const std::vector<VocabularyEntry>& vocabulary,
                                      const std::string& where) {
    AddedTokens added;
    if (list == nullptr) return added;
    if (!list->is_array())
        return Error{ErrorCode::TokenizerJson,
                     where,
                     "expected an array, found " + std::string(list->type_name()),
                     {}};
    if (list->size() > kMostAddedTokens)
        return limitError(where, std::to_string(list->size()) + " added tokens, at most " +
                                     std::to_string(kMostAddedTokens) + " are read");
    Assignments assignments(vocabulary);
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string place = where + "/" + std::to_string(i);
        GRIDSCOPE_TRY_ASSIGN(read, readToken(list->at(i), place));
        GRIDSCOPE_TRY(assignments.assign(read.token, place));
        (read.normalized ? added.normalized : added.raw).push_back(std::move(read.token));
    }
    return added;
}

}  // namespace gridscope
