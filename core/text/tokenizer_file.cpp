// SPDX-License-Identifier: GPL-3.0-or-later

#include <optional>

#include "core/text/tokenizer_file_impl.h"

namespace gridscope {

namespace {

using nlohmann::json;

constexpr std::size_t kMostTokens = 1'000'000;
constexpr std::size_t kMostMerges = 2'000'000;
constexpr std::size_t kMostOtherValues = 500'000;
constexpr std::size_t kDeepest = 64;

const std::string kDamagedHint = "The file is damaged; get it again";

/// Builds the settings as a JSON value, and the vocabulary and the merges as plain tables.
class TokenizerSax final : public nlohmann::json_sax<json> {
public:
    explicit TokenizerSax(std::string_view where) : m_where(where) {}

    TokenizerFile takeFile() { return std::move(m_file); }
    const std::optional<Error>& error() const { return m_error; }

    bool null() override { return value(nullptr); }
    bool boolean(bool v) override { return value(v); }
    bool number_integer(number_integer_t v) override { return value(v); }
    bool number_unsigned(number_unsigned_t v) override {
        return m_table == Table::Vocabulary ? tokenId(v) : value(v);
    }
    bool number_float(number_float_t v, const string_t&) override { return value(v); }
    bool string(string_t& v) override {
        return m_table == Table::Merges ? mergeText(v) : value(std::move(v));
    }
    bool binary(binary_t&) override { return fail(ErrorCode::TokenizerJson, "binary value"); }
    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& v) override {
        m_key = std::move(v);
        if (m_table == Table::Vocabulary) return tokenName();
        if (m_table == Table::Skipped) return true;
        return !m_open.back()->contains(m_key) ||
               fail(ErrorCode::TokenizerJson, "the key stands twice");
    }
    bool parse_error(std::size_t position, const std::string&,
                     const json::exception& problem) override {
        std::string what = problem.what();
        // nlohmann puts "[json.exception...] " in front.
        if (const auto end = what.find("] "); end != std::string::npos) what.erase(0, end + 2);
        m_error = Error{ErrorCode::TokenizerJson, m_where + ", byte " + std::to_string(position),
                        "is not JSON: " + escapeForDisplay(what, 200), kDamagedHint};
        return false;
    }

private:
    enum class Table { None, Vocabulary, Merges, Skipped };

    bool fail(ErrorCode code, const std::string& what) {
        std::string place = m_where;
        if (m_table == Table::Vocabulary) place += ", /model/vocab";
        if (m_table == Table::Merges)
            place += ", /model/merges/" + std::to_string(m_file.merges.size());
        if (!m_key.empty() && m_table != Table::Merges) place += ", " + escapeForDisplay(m_key);
        m_error = Error{code, place, what, kDamagedHint};
        return false;
    }

    bool wrongEntry() {
        return m_table == Table::Vocabulary
                   ? fail(ErrorCode::TokenizerVocabulary,
                          "expected an id from 0 to " + std::to_string(kTokenIdLimit - 1))
                   : fail(ErrorCode::TokenizerMerges, "expected \"a b\" or [\"a\", \"b\"]");
    }

    bool value(json v) {
        if (m_table == Table::Skipped) return true;
        if (m_table != Table::None) return wrongEntry();
        return add(std::move(v)) != nullptr;
    }

    /// Puts `v` into the innermost open value; null if there are too many.
    json* add(json v) {
        if (++m_values > kMostOtherValues) {
            fail(ErrorCode::TokenizerLimit,
                 "more than " + std::to_string(kMostOtherValues) + " values beside the tables");
            return nullptr;
        }
        if (m_open.empty()) {
            m_file.settings = std::move(v);
            return &m_file.settings;
        }
        json& parent = *m_open.back();
        if (parent.is_array()) {
            parent.push_back(std::move(v));
            return &parent.back();
        }
        return &(parent[m_key] = std::move(v));
    }

    bool open(json container) {
        if (++m_depth > kDeepest)
            return fail(ErrorCode::JsonDepth, "nested deeper than " + std::to_string(kDeepest));
        if (m_table == Table::Merges && container.is_array() && !m_inPair) {
            m_inPair = true;
            m_pair.clear();
            return true;
        }
        if (m_table == Table::Skipped) return true;
        if (m_table != Table::None) return wrongEntry();
        const bool inModel = m_open.size() == 2 && m_open[0]->is_object() &&
                             m_open[1]->is_object() && m_modelKey == "model";
        if (inModel && (m_key == "vocab" || m_key == "merges")) {
            // Tables of other models have another shape; they are refused by the model's type.
            const bool isObject = container.is_object();
            m_table = m_key == "vocab" && isObject     ? Table::Vocabulary
                      : m_key == "merges" && !isObject ? Table::Merges
                                                       : Table::Skipped;
            m_file.hasMerges = m_file.hasMerges || m_table == Table::Merges;
            m_tableDepth = m_depth;
            // Leaves a mark, so that a second table of the same name is found.
            return add(nullptr) != nullptr;
        }
        if (m_open.size() == 1) m_modelKey = m_key;
        json* added = add(std::move(container));
        if (added != nullptr) m_open.push_back(added);
        return added != nullptr;
    }

    bool close() {
        --m_depth;
        if (m_table == Table::None) {
            m_open.pop_back();
            return true;
        }
        if (m_inPair) {
            m_inPair = false;
            if (m_pair.size() != 2) return wrongEntry();
            return addMerge(std::move(m_pair[0]), std::move(m_pair[1]));
        }
        if (m_depth + 1 == m_tableDepth) m_table = Table::None;
        return true;
    }

    bool tokenName() {
        if (m_file.vocabulary.size() >= kMostTokens)
            return fail(ErrorCode::TokenizerLimit,
                        "more than " + std::to_string(kMostTokens) + " tokens");
        return m_key.size() <= kLongestToken ||
               fail(ErrorCode::TokenizerLimit, "a token of " + std::to_string(m_key.size()) +
                                                   " bytes, at most " +
                                                   std::to_string(kLongestToken) + " are read");
    }

    bool tokenId(std::uint64_t id) {
        if (id >= kTokenIdLimit) return wrongEntry();
        m_file.vocabulary.emplace_back(std::move(m_key), static_cast<std::uint32_t>(id));
        return true;
    }

    bool mergeText(string_t& text) {
        if (m_inPair) {
            m_pair.push_back(std::move(text));
            return m_pair.size() <= 2 || wrongEntry();
        }
        const std::size_t space = text.find(' ');
        if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
            return wrongEntry();
        return addMerge(text.substr(0, space), text.substr(space + 1));
    }

    bool addMerge(std::string left, std::string right) {
        if (m_file.merges.size() >= kMostMerges)
            return fail(ErrorCode::TokenizerLimit,
                        "more than " + std::to_string(kMostMerges) + " merges");
        if (left.empty() || right.empty()) return wrongEntry();
        m_file.merges.emplace_back(std::move(left), std::move(right));
        return true;
    }

    std::string m_where;
    TokenizerFile m_file;
    std::optional<Error> m_error;
    std::vector<json*> m_open;  // the open containers of the settings, outermost first
    std::string m_key;
    std::string m_modelKey;  // the key of the open value at the first level
    Table m_table = Table::None;
    std::size_t m_depth = 0;
    std::size_t m_tableDepth = 0;
    std::size_t m_values = 0;
    bool m_inPair = false;
    std::vector<std::string> m_pair;
};

Expected<void> checkUniqueIds(const std::vector<VocabularyEntry>& vocabulary,
                              std::string_view where) {
    std::vector<bool> used(kTokenIdLimit);
    for (const auto& [token, id] : vocabulary) {
        if (used[id])
            return Error{ErrorCode::TokenizerVocabulary,
                         std::string(where) + ", /model/vocab, " + escapeForDisplay(token),
                         "id " + std::to_string(id) + " is used twice", kDamagedHint};
        used[id] = true;
    }
    return {};
}

}  // namespace

Expected<TokenizerFile> readTokenizerJson(std::string_view text, std::string_view where) {
    if (text.size() > kLongestTokenizerFile)
        return Error{ErrorCode::TokenizerLimit, std::string(where),
                     "has " + std::to_string(text.size()) + " bytes, at most " +
                         std::to_string(kLongestTokenizerFile) + " are read",
                     "Is this a tokenizer.json?"};
    // The parser would take a NUL for the end of the text.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        return Error{ErrorCode::TokenizerJson, std::string(where) + ", byte " + std::to_string(nul),
                     "a NUL byte", kDamagedHint};
    TokenizerSax sax(where);
    if (!json::sax_parse(text, &sax))
        return sax.error().value_or(
            Error{ErrorCode::TokenizerJson, std::string(where), "is not JSON", kDamagedHint});
    TokenizerFile file = sax.takeFile();
    if (!file.settings.is_object())
        return Error{ErrorCode::TokenizerJson, std::string(where),
                     "expected an object, found " + std::string(file.settings.type_name()),
                     kDamagedHint};
    GRIDSCOPE_TRY(checkUniqueIds(file.vocabulary, where));
    return file;
}

}  // namespace gridscope
