// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/bpe_model.h"

#include <algorithm>

#include "core/text/byte_alphabet.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

std::string byteToken(unsigned char byte) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    return {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15u], '>'};
}

Error mergeError(std::string_view where, std::size_t rank, const std::string& what) {
    return {ErrorCode::TokenizerMerges,
            std::string(where) + ", /model/merges/" + std::to_string(rank), what,
            "The file is damaged; get it again"};
}

Expected<PairTable> pairTable(const std::unordered_map<std::string, std::uint32_t>& tokenIds,
                              const std::vector<Merge>& merges, std::string_view where) {
    PairTable table(merges.size());
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        const Merge& merge = merges[rank];
        const auto left = tokenIds.find(merge.first);
        const auto right = tokenIds.find(merge.second);
        const auto merged = tokenIds.find(merge.first + merge.second);
        for (const auto& [found, name] :
             {std::pair(left, merge.first), std::pair(right, merge.second),
              std::pair(merged, merge.first + merge.second)})
            if (found == tokenIds.end())
                return mergeError(where, rank,
                                  "\"" + escapeForDisplay(name) + "\" is not in the vocabulary");
        table.put({PairTable::pairOf(left->second, right->second), static_cast<std::uint32_t>(rank),
                   merged->second});
    }
    return table;
}

/// Smallest order first out of a heap that the standard library keeps largest first.
bool isLater(const BpeScratch::Candidate& a, const BpeScratch::Candidate& b) {
    return a.order > b.order;
}

}  // namespace

Expected<BpeModel> BpeModel::make(const std::vector<VocabularyEntry>& vocabulary,
                                  const std::vector<Merge>& merges, const BpeSettings& settings,
                                  std::string_view where) {
    TokenIds tokenIds;
    tokenIds.reserve(vocabulary.size());
    for (const auto& [token, id] : vocabulary)
        if (!tokenIds.emplace(token, id).second)
            return Error{ErrorCode::TokenizerVocabulary,
                         std::string(where) + ", /model/vocab/" + escapeForDisplay(token),
                         "the same token stands twice", "The file is damaged; get it again"};
    BpeModel model;
    model.m_settings = settings;
    GRIDSCOPE_TRY_ASSIGN(table, pairTable(tokenIds, merges, where));
    model.m_merges = std::move(table);
    if (!settings.unknownToken.empty()) {
        const auto unknown = tokenIds.find(settings.unknownToken);
        if (unknown == tokenIds.end())
            return Error{
                ErrorCode::TokenizerVocabulary, std::string(where) + ", /model/unk_token",
                "\"" + escapeForDisplay(settings.unknownToken) + "\" is not in the vocabulary",
                "The file is damaged; get it again"};
        model.m_unknownId = unknown->second;
    }
    const bool bytes = settings.unit == PieceUnit::Bytes;
    for (unsigned byte = 0; byte < (bytes ? 256u : 128u); ++byte) {
        std::string character;
        appendUtf8(character, bytes ? byteCharacter(static_cast<std::uint8_t>(byte)) : byte);
        model.m_units[byte] = model.unitOf(character, tokenIds);
    }
    if (!bytes) {
        model.m_pieceIds = std::move(tokenIds);
    } else if (settings.wholePieces == WholePieces::LookUpFirst) {
        for (const auto& [token, id] : vocabulary)
            if (auto raw = bytesFromToken(token)) model.m_pieceIds.emplace(std::move(*raw), id);
    }
    return model;
}

BpeModel::Unit BpeModel::unitOf(const std::string& character, const TokenIds& tokenIds) const {
    if (const auto found = tokenIds.find(character); found != tokenIds.end())
        return {{found->second}, false};
    Unit unit;
    if (m_settings.byteFallback == ByteFallback::On) {
        for (const char byte : character) {
            const auto found = tokenIds.find(byteToken(static_cast<unsigned char>(byte)));
            if (found != tokenIds.end()) unit.ids.push_back(found->second);
        }
        // A character falls back only as a whole.
        if (unit.ids.size() == character.size()) return unit;
    }
    return {{}, m_unknownId.has_value()};
}

void BpeModel::appendFirstSymbols(std::string_view piece, BpeScratch& scratch) const {
    auto& symbols = scratch.symbols;
    bool lastUnknown = false;
    const auto append = [&](const Unit& unit) {
        for (const std::uint32_t id : unit.ids) symbols.push_back({id, 0, 0});
        const bool fuses = lastUnknown && m_settings.unknownRuns == UnknownRuns::Fused;
        if (unit.unknown && !fuses) symbols.push_back({*m_unknownId, 0, 0});
        lastUnknown = unit.unknown;
    };
    if (m_settings.unit == PieceUnit::Bytes) {
        for (const char byte : piece) append(m_units[static_cast<unsigned char>(byte)]);
        return;
    }
    for (std::size_t i = 0; i < piece.size();) {
        const CodePoint next = codePointAt(piece, i);
        if (next.length == 1)
            append(m_units[next.value]);
        else
            append(unitOf(std::string(piece.substr(i, next.length)), m_pieceIds));
        i += next.length;
    }
}

void BpeModel::offer(BpeScratch& scratch, std::uint32_t left) const {
    const auto& symbol = scratch.symbols[left];
    if (symbol.next == kNone) return;
    const std::uint64_t pair = PairTable::pairOf(symbol.id, scratch.symbols[symbol.next].id);
    const PairTable::Entry* entry = m_merges.find(pair);
    if (entry == nullptr) return;
    scratch.heap.push_back({(std::uint64_t{entry->rank} << 32) | left, entry->merged});
    std::push_heap(scratch.heap.begin(), scratch.heap.end(), isLater);
}

void BpeModel::merge(BpeScratch& scratch) const {
    auto& symbols = scratch.symbols;
    const auto count = static_cast<std::uint32_t>(symbols.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        symbols[i].previous = i == 0 ? kNone : i - 1;
        symbols[i].next = i + 1 == count ? kNone : i + 1;
    }
    scratch.heap.clear();
    for (std::uint32_t i = 0; i < count; ++i) offer(scratch, i);
    while (!scratch.heap.empty()) {
        std::pop_heap(scratch.heap.begin(), scratch.heap.end(), isLater);
        const BpeScratch::Candidate best = scratch.heap.back();
        scratch.heap.pop_back();
        const auto left = static_cast<std::uint32_t>(best.order & kNone);
        auto& symbol = symbols[left];
        if (symbol.id == kNone || symbol.next == kNone) continue;
        auto& right = symbols[symbol.next];
        // The pair may have changed since it was offered.
        const auto* entry = m_merges.find(PairTable::pairOf(symbol.id, right.id));
        if (entry == nullptr || entry->merged != best.merged) continue;
        symbol.id = best.merged;
        symbol.next = right.next;
        right.id = kNone;
        if (symbol.next != kNone) symbols[symbol.next].previous = left;
        if (symbol.previous != kNone) offer(scratch, symbol.previous);
        offer(scratch, left);
    }
}

void BpeModel::encode(std::string_view piece, BpeScratch& scratch,
                      std::vector<std::uint32_t>& ids) const {
    if (m_settings.wholePieces == WholePieces::LookUpFirst) {
        const auto found = m_pieceIds.find(std::string(piece));
        if (found != m_pieceIds.end()) {
            ids.push_back(found->second);
            return;
        }
    }
    scratch.symbols.clear();
    appendFirstSymbols(piece, scratch);
    merge(scratch);
    for (const auto& symbol : scratch.symbols)
        if (symbol.id != kNone) ids.push_back(symbol.id);
}

}  // namespace gridscope
