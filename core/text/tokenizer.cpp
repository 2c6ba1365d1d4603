// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/tokenizer.h"

#include <algorithm>
#include <new>
#include <optional>

#include "core/base/sha256.h"
#include "core/checkpoint/file_type.h"
#include "core/checkpoint/hub_cache.h"
#include "core/text/added_tokens_json_impl.h"
#include "core/text/bpe_model.h"
#include "core/text/json_fields_impl.h"
#include "core/text/piece_cache.h"
#include "core/text/tokenizer_components_impl.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kLongestText = 1u << 30;

Error outOfMemory(const std::string& where) {
    return {ErrorCode::MemoryFailed, where, "there is not enough memory for this text or file",
            "Close other programs, or use a shorter text"};
}

Expected<BpeModel> makeModel(const JsonFields& root, const TokenizerFile& file, PieceUnit unit,
                             const std::string& where) {
    const nlohmann::json* object = root.find("model");
    if (object == nullptr) return root.wrong("model", "an object");
    GRIDSCOPE_TRY_ASSIGN(fields, JsonFields::of(*object, root.whereOf("model")));
    // Files from before the type was written are BPE if they have merges.
    GRIDSCOPE_TRY_ASSIGN(type, fields.textOr("type", file.hasMerges ? "BPE" : "without type"));
    if (type != "BPE") return unsupportedComponent(fields.where(), "model \"" + type + "\"");
    if (file.vocabulary.empty())
        return Error{ErrorCode::TokenizerVocabulary, fields.whereOf("vocab"),
                     "expected tokens, found none", "The file is damaged; get it again"};
    if (!file.hasMerges) return fields.wrong("merges", "an array");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        GRIDSCOPE_TRY_ASSIGN(affix, fields.textOr(key, {}));
        if (!affix.empty()) return unsupportedComponent(fields.whereOf(key), key);
    }
    if (const auto* dropout = fields.find("dropout"))
        if (!dropout->is_number() || dropout->get<double>() != 0.0)
            return unsupportedComponent(fields.whereOf("dropout"), "dropout");
    BpeSettings settings;
    settings.unit = unit;
    GRIDSCOPE_TRY_ASSIGN(unknown, fields.textOr("unk_token", {}));
    settings.unknownToken = unknown;
    GRIDSCOPE_TRY_ASSIGN(fused, fields.flagOr("fuse_unk", false));
    if (fused) settings.unknownRuns = UnknownRuns::Fused;
    GRIDSCOPE_TRY_ASSIGN(fallback, fields.flagOr("byte_fallback", false));
    if (fallback) settings.byteFallback = ByteFallback::On;
    GRIDSCOPE_TRY_ASSIGN(ignoreMerges, fields.flagOr("ignore_merges", false));
    if (ignoreMerges) settings.wholePieces = WholePieces::LookUpFirst;
    return BpeModel::make(file.vocabulary, file.merges, settings, where);
}

/// Puts the content of `token` as it is looked for in normalized text.
Expected<void> normalizeAdded(const Normalizer& normalizer, const std::string& where,
                              AddedToken& token) {
    std::string storage;
    const auto normal = normalizer.apply(token.content, storage, kLongestToken);
    if (!normal) return normal.error().inside(where + ", " + escapeForDisplay(token.content));
    token.content = std::string(*normal);
    return {};
}

}  // namespace

struct Tokenizer::Parts {
    std::string sha256;
    Normalizer normalizer;
    AddedTokenFinder rawTokens;
    AddedTokenFinder normalizedTokens;
    PreTokenizer preTokenizer;
    BpeModel model;
    TokenTemplate around;
    TokenDecoder decoder;
    std::vector<std::pair<std::uint32_t, std::string>> tokens;  // sorted by id
    std::optional<std::uint32_t> endOfDocument;

    void setTokens(std::vector<VocabularyEntry> vocabulary, const AddedTokens& added);
    std::optional<std::uint32_t> find(std::string_view token) const;
    Expected<void> checkTemplate(const TokenTemplate& ids, const std::string& where) const;
};

void Tokenizer::Parts::setTokens(std::vector<VocabularyEntry> vocabulary,
                                 const AddedTokens& added) {
    for (auto& [token, id] : vocabulary) tokens.emplace_back(id, std::move(token));
    for (const auto* list : {&added.raw, &added.normalized})
        for (const AddedToken& token : *list) tokens.emplace_back(token.id, token.content);
    // An added token may stand in the vocabulary too, with the same id.
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (const char* name : {"<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"})
        if (!endOfDocument) endOfDocument = find(name);
}

std::optional<std::uint32_t> Tokenizer::Parts::find(std::string_view token) const {
    for (const auto& [id, text] : tokens)
        if (text == token) return id;
    return std::nullopt;
}

Expected<void> Tokenizer::Parts::checkTemplate(const TokenTemplate& ids,
                                               const std::string& where) const {
    for (const auto* list : {&ids.before, &ids.after}) {
        for (const std::uint32_t id : *list) {
            const auto found = std::lower_bound(
                tokens.begin(), tokens.end(), id,
                [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
            if (found == tokens.end() || found->first != id)
                return Error{
                    ErrorCode::TokenizerVocabulary, where,
                    "the template names the id " + std::to_string(id) + ", which no token has",
                    "The file is damaged; get it again"};
        }
    }
    return {};
}

Tokenizer::Tokenizer(std::unique_ptr<const Parts> parts) : m_parts(std::move(parts)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Expected<Tokenizer> Tokenizer::build(std::string_view json, const std::string& where) {
    GRIDSCOPE_TRY_ASSIGN(file, readTokenizerJson(json, where));
    GRIDSCOPE_TRY_ASSIGN(root, JsonFields::of(file.settings, where + ", "));
    auto parts = std::make_unique<Parts>();
    parts->sha256 = sha256Hex(json);
    const auto component = [&](const char* key) { return root.find(key); };
    GRIDSCOPE_TRY_ASSIGN(normalizer,
                         makeNormalizer(component("normalizer"), root.whereOf("normalizer")));
    GRIDSCOPE_TRY_ASSIGN(
        pre, makePreTokenizer(component("pre_tokenizer"), root.whereOf("pre_tokenizer")));
    const PieceUnit unit = pre.isByteLevel() ? PieceUnit::Bytes : PieceUnit::Characters;
    GRIDSCOPE_TRY_ASSIGN(model, makeModel(root, file, unit, where));
    GRIDSCOPE_TRY_ASSIGN(around,
                         makeTemplate(component("post_processor"), root.whereOf("post_processor")));
    GRIDSCOPE_TRY_ASSIGN(decoder, makeDecoder(component("decoder"), root.whereOf("decoder")));
    GRIDSCOPE_TRY_ASSIGN(added, readAddedTokens(component("added_tokens"), file.vocabulary,
                                                root.whereOf("added_tokens")));
    parts->setTokens(std::move(file.vocabulary), added);
    GRIDSCOPE_TRY(parts->checkTemplate(around, root.whereOf("post_processor")));
    for (AddedToken& token : added.normalized)
        GRIDSCOPE_TRY(normalizeAdded(normalizer, root.whereOf("added_tokens"), token));
    std::erase_if(added.normalized, [](const AddedToken& t) { return t.content.empty(); });
    parts->rawTokens = AddedTokenFinder(std::move(added.raw));
    parts->normalizedTokens = AddedTokenFinder(std::move(added.normalized));
    parts->normalizer = std::move(normalizer);
    parts->preTokenizer = std::move(pre);
    parts->model = std::move(model);
    parts->around = std::move(around);
    parts->decoder = std::move(decoder);
    return Tokenizer(std::move(parts));
}

Expected<Tokenizer> Tokenizer::parse(std::string_view json, std::string_view where) {
    try {
        return build(json, std::string(where));
    } catch (const std::bad_alloc&) {
        return outOfMemory(std::string(where));
    } catch (const nlohmann::json::exception& problem) {
        return Error{ErrorCode::TokenizerJson,
                     std::string(where),
                     escapeForDisplay(problem.what(), 200),
                     {}};
    }
}

Expected<Tokenizer> Tokenizer::load(FileOps& ops, const std::filesystem::path& path) {
    GRIDSCOPE_TRY(checkHubLink(path));
    auto content = readWholeFile(ops, path, kLongestTokenizerFile);
    if (!content) {
        Error error = std::move(content).error();
        if (error.code == ErrorCode::FileMissing) error.code = ErrorCode::TokenizerMissing;
        if (error.code == ErrorCode::FileTooLarge) error.code = ErrorCode::TokenizerLimit;
        return error;
    }
    if (auto standIn = standInError(*content, path.string())) return *std::move(standIn);
    return parse(*content, path.string());
}

Expected<std::vector<std::uint32_t>> Tokenizer::encode(std::string_view text,
                                                       SpecialTokens special) const try {
    if (text.size() > kLongestText)
        return Error{ErrorCode::TokenizerLimit, "text",
                     "has " + std::to_string(text.size()) + " bytes, at most " +
                         std::to_string(kLongestText) + " are encoded at once",
                     "Split it into documents"};
    std::string repaired;
    if (validUtf8Prefix(text) != text.size()) {
        repaired = repairUtf8(text).text;
        text = repaired;
    }
    const Parts& parts = *m_parts;
    std::vector<std::uint32_t> ids;
    ids.reserve(text.size() / 4);
    if (special == SpecialTokens::With)
        ids.insert(ids.end(), parts.around.before.begin(), parts.around.before.end());
    BpeScratch scratch;
    PieceCache cache(text.size());
    const PieceSink encodePiece = [&](const TextPiece& piece) {
        const PieceCache::Place place = cache.find(piece.text);
        if (place.found) {
            const auto known = place.slot->ids.begin();
            ids.insert(ids.end(), known, known + place.slot->count);
            return;
        }
        const std::size_t begin = ids.size();
        parts.model.encode(piece.text, scratch, ids);
        PieceCache::keep(place, piece.text.size(), std::span(ids).subspan(begin));
    };
    const auto takeToken = [&](std::uint32_t id) { ids.push_back(id); };
    std::string storage;
    std::optional<Error> failure;
    const auto takeRaw = [&](std::string_view raw, std::size_t rawOffset) {
        if (failure) return;
        const auto normal = parts.normalizer.apply(raw, storage, largestResult(raw.size()));
        if (!normal) {
            failure = normal.error();
            return;
        }
        const auto takeText = [&](std::string_view part, std::size_t offset) {
            parts.preTokenizer.split({part, rawOffset == 0 && offset == 0}, encodePiece);
        };
        parts.normalizedTokens.split(*normal, {takeText, takeToken});
    };
    parts.rawTokens.split(text, {takeRaw, takeToken});
    if (failure) return *std::move(failure);
    if (special == SpecialTokens::With)
        ids.insert(ids.end(), parts.around.after.begin(), parts.around.after.end());
    return ids;
} catch (const std::bad_alloc&) {
    return outOfMemory("text");
}

Expected<std::string> Tokenizer::decode(std::span<const std::uint32_t> ids) const try {
    const auto& known = m_parts->tokens;
    std::vector<std::string> tokens;
    tokens.reserve(ids.size());
    for (const std::uint32_t id : ids) {
        const auto found = std::lower_bound(
            known.begin(), known.end(), id,
            [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
        if (found != known.end() && found->first == id) tokens.push_back(found->second);
    }
    return m_parts->decoder.decode(std::move(tokens));
} catch (const std::bad_alloc&) {
    return outOfMemory("ids");
}

std::uint64_t Tokenizer::vocabularySize() const {
    return m_parts->tokens.empty() ? 0 : std::uint64_t{m_parts->tokens.back().first} + 1;
}

std::optional<std::uint32_t> Tokenizer::tokenId(std::string_view token) const {
    return m_parts->find(token);
}

std::optional<std::uint32_t> Tokenizer::endOfDocumentId() const { return m_parts->endOfDocument; }

std::size_t Tokenizer::templateIdCount() const {
    return m_parts->around.before.size() + m_parts->around.after.size();
}

const std::string& Tokenizer::sha256() const { return m_parts->sha256; }

}  // namespace gridscope
