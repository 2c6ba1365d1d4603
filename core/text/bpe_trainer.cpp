// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/bpe_trainer.h"

#include <algorithm>
#include <array>
#include <new>
#include <nlohmann/json.hpp>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/byte_alphabet.h"
#include "core/text/pair_table.h"
#include "core/text/piece_scanners.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kSmallestVocabulary = 258;
constexpr std::uint64_t kLargestVocabulary = 1'000'000;
constexpr std::uint64_t kRarestPair = 2;
constexpr std::string_view kEndOfDocument = "<|endoftext|>";

using Pair = std::uint64_t;  // PairTable::pairOf(left, right)
std::uint32_t leftOf(Pair pair) { return static_cast<std::uint32_t>(pair >> 32); }
std::uint32_t rightOf(Pair pair) { return static_cast<std::uint32_t>(pair); }

/// A distinct piece of the text, as ids, with how often it occurs.
struct Word {
    std::vector<std::uint32_t> ids;
    std::uint64_t count = 0;
};

struct PairUse {
    std::uint64_t count = 0;
    std::vector<std::uint32_t> words;  // that hold or held the pair, may repeat
};

struct Candidate {
    std::uint64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {
        return count != other.count ? count < other.count : pair > other.pair;
    }
};

/// Pieces in the order of their first occurrence, so that nothing depends on hashing.
std::vector<std::pair<std::string_view, std::uint64_t>> countPieces(std::string_view text) {
    std::vector<std::pair<std::string_view, std::uint64_t>> pieces;
    std::unordered_map<std::string_view, std::size_t> indices;
    const CharacterClasses& classes = CharacterClasses::instance();
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view piece = text.substr(i, gpt2PieceLength(classes, text, i));
        const auto [index, isNew] = indices.emplace(piece, pieces.size());
        if (isNew) pieces.emplace_back(piece, 0);
        ++pieces[index->second].second;
        i += piece.size();
    }
    return pieces;
}

class Trainer {
public:
    explicit Trainer(std::string_view text) {
        // Bytes get ids in the order of their characters, as the reference's trainer does it.
        std::array<std::pair<char32_t, std::uint8_t>, 256> bytes{};
        for (unsigned byte = 0; byte < 256; ++byte) {
            const auto value = static_cast<std::uint8_t>(byte);
            bytes[byte] = {byteCharacter(value), value};
        }
        std::sort(bytes.begin(), bytes.end());
        std::array<std::uint32_t, 256> idOfByte{};
        addToken(std::string(kEndOfDocument));
        for (const auto& [character, byte] : bytes)
            idOfByte[byte] = addToken(tokenFromBytes(std::string(1, static_cast<char>(byte))));
        for (const auto& [piece, count] : countPieces(text)) {
            Word word;
            word.count = count;
            for (const char byte : piece)
                word.ids.push_back(idOfByte[static_cast<std::uint8_t>(byte)]);
            m_words.push_back(std::move(word));
        }
        for (std::uint32_t w = 0; w < m_words.size(); ++w)
            for (std::size_t i = 0; i + 1 < m_words[w].ids.size(); ++i)
                addUse(PairTable::pairOf(m_words[w].ids[i], m_words[w].ids[i + 1]), w);
        for (const auto& [pair, use] : m_uses) m_queue.push({use.count, pair});
    }

    void run(std::uint64_t vocabularySize) {
        while (m_tokens.size() < vocabularySize && !m_queue.empty()) {
            const Candidate best = m_queue.top();
            m_queue.pop();
            const std::uint64_t now = m_uses[best.pair].count;
            if (now != best.count) {
                // Counts only fall while a pair waits; a rise has queued it anew.
                if (now > 0 && now < best.count) m_queue.push({now, best.pair});
                continue;
            }
            if (now < kRarestPair) break;
            mergeEverywhere(best.pair);
        }
    }

    TrainedTokenizer result() const { return {json(), m_tokens.size(), m_merges.size()}; }

private:
    std::uint32_t addToken(std::string token) {
        const auto [entry, isNew] =
            m_idOfToken.emplace(std::move(token), static_cast<std::uint32_t>(m_tokens.size()));
        if (isNew) m_tokens.push_back(entry->first);
        return entry->second;
    }

    void addUse(Pair pair, std::uint32_t word) {
        PairUse& use = m_uses[pair];
        use.count += m_words[word].count;
        if (use.words.empty() || use.words.back() != word) use.words.push_back(word);
    }

    void mergeEverywhere(Pair pair) {
        // Two ways to one token share its id.
        const std::uint32_t merged = addToken(m_tokens[leftOf(pair)] + m_tokens[rightOf(pair)]);
        m_merges.push_back(pair);
        const std::vector<std::uint32_t> words = std::exchange(m_uses[pair].words, {});
        std::vector<Pair> risen;
        for (const std::uint32_t word : words) mergeInWord(word, pair, merged, risen);
        std::sort(risen.begin(), risen.end());
        risen.erase(std::unique(risen.begin(), risen.end()), risen.end());
        for (const Pair changed : risen)
            if (const std::uint64_t count = m_uses[changed].count; count > 0)
                m_queue.push({count, changed});
    }

    /// Takes all pairs of the word back, merges, and counts the pairs that are there then.
    void mergeInWord(std::uint32_t index, Pair pair, std::uint32_t merged,
                     std::vector<Pair>& risen) {
        Word& word = m_words[index];
        std::vector<std::uint32_t> ids;
        for (std::size_t i = 0; i < word.ids.size(); ++i) {
            const bool here = i + 1 < word.ids.size() && word.ids[i] == leftOf(pair) &&
                              word.ids[i + 1] == rightOf(pair);
            ids.push_back(here ? merged : word.ids[i]);
            if (here) ++i;
        }
        if (ids.size() == word.ids.size()) return;
        for (std::size_t i = 0; i + 1 < word.ids.size(); ++i)
            m_uses[PairTable::pairOf(word.ids[i], word.ids[i + 1])].count -= word.count;
        word.ids = std::move(ids);
        for (std::size_t i = 0; i + 1 < word.ids.size(); ++i) {
            const Pair now = PairTable::pairOf(word.ids[i], word.ids[i + 1]);
            const bool isNew = word.ids[i] == merged || word.ids[i + 1] == merged;
            if (isNew) {
                addUse(now, index);
                risen.push_back(now);
            } else {
                m_uses[now].count += word.count;
            }
        }
    }

    std::string json() const {
        const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
        const std::string byteLevel =
            R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})";
        std::string text = R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[)";
        text += R"({"id":0,"content":)" + quoted(std::string(kEndOfDocument)) +
                R"(,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,)"
                R"("special":true}],"normalizer":null,"pre_tokenizer":)" +
                byteLevel + R"(,"post_processor":)" + byteLevel + R"(,"decoder":)" + byteLevel +
                R"(,"model":{"type":"BPE","dropout":null,"unk_token":null,)"
                R"("continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,)"
                R"("byte_fallback":false,"ignore_merges":false,"vocab":{)";
        for (std::size_t id = 0; id < m_tokens.size(); ++id)
            text += (id > 0 ? "," : "") + quoted(m_tokens[id]) + ":" + std::to_string(id);
        text += R"(},"merges":[)";
        for (std::size_t rank = 0; rank < m_merges.size(); ++rank)
            text += (rank > 0 ? "," : "") + quoted(m_tokens[leftOf(m_merges[rank])] + " " +
                                                   m_tokens[rightOf(m_merges[rank])]);
        return text + "]}}\n";
    }

    std::vector<std::string> m_tokens;
    std::unordered_map<std::string, std::uint32_t> m_idOfToken;
    std::vector<Word> m_words;
    std::unordered_map<Pair, PairUse> m_uses;
    std::priority_queue<Candidate> m_queue;
    std::vector<Pair> m_merges;
};

}  // namespace

Expected<TrainedTokenizer> trainBpeTokenizer(std::string_view text,
                                             std::uint64_t vocabularySize) try {
    if (vocabularySize < kSmallestVocabulary || vocabularySize > kLargestVocabulary)
        return Error{ErrorCode::SettingsRange,
                     "vocabulary size",
                     "expected " + std::to_string(kSmallestVocabulary) + " to " +
                         std::to_string(kLargestVocabulary) + ", found " +
                         std::to_string(vocabularySize),
                     {}};
    if (text.empty())
        return Error{ErrorCode::TokensTooFew, "text", "is empty, there is nothing to learn from",
                     "Give a text of at least some kilobytes"};
    const RepairedText repaired = repairUtf8(text);
    Trainer trainer(repaired.text);
    trainer.run(vocabularySize);
    return trainer.result();
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::MemoryFailed, "text", "there is not enough memory for this text",
                 "Use a shorter text"};
}

}  // namespace gridscope
