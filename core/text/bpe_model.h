// SPDX-License-Identifier: GPL-3.0-or-later

// Byte-pair encoding of one piece of text, on token ids, with a heap of merges.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/text/pair_table.h"

namespace gridscope {

enum class PieceUnit { Bytes, Characters };            ///< what the first symbols stand for
enum class UnknownRuns { OneEach, Fused };             ///< `fuse_unk`
enum class ByteFallback { Off, On };                   ///< `byte_fallback`
enum class WholePieces { ByMergesOnly, LookUpFirst };  ///< `ignore_merges`

using VocabularyEntry = std::pair<std::string, std::uint32_t>;
using Merge = std::pair<std::string, std::string>;

struct BpeSettings {
    PieceUnit unit = PieceUnit::Bytes;
    UnknownRuns unknownRuns = UnknownRuns::OneEach;
    ByteFallback byteFallback = ByteFallback::Off;
    WholePieces wholePieces = WholePieces::ByMergesOnly;
    std::string unknownToken;  ///< empty = none
};

/// Working memory of one encoding thread.
struct BpeScratch {
    struct Symbol {
        std::uint32_t id;
        std::uint32_t previous;
        std::uint32_t next;
    };
    struct Candidate {
        std::uint64_t order;  // rank, then position
        std::uint32_t merged;
    };
    std::vector<Symbol> symbols;
    std::vector<Candidate> heap;
};

/// Immutable once made. Time per piece: n log n.
class BpeModel {
public:
    /// @param vocabulary tokens with distinct ids
    /// @param merges     in order of rank; of equal pairs the last counts
    /// Errors: tokenizer.vocabulary (equal tokens, unknown token absent), tokenizer.merges.
    static Expected<BpeModel> make(const std::vector<VocabularyEntry>& vocabulary,
                                   const std::vector<Merge>& merges, const BpeSettings& settings,
                                   std::string_view where);

    /// Appends the ids of `piece`, which is valid UTF-8 or, byte by byte, anything.
    void encode(std::string_view piece, BpeScratch& scratch, std::vector<std::uint32_t>& ids) const;

private:
    using TokenIds = std::unordered_map<std::string, std::uint32_t>;
    /// First symbols of a byte or character: ids, or "unknown".
    struct Unit {
        std::vector<std::uint32_t> ids;
        bool unknown = false;
    };

    Unit unitOf(const std::string& character, const TokenIds& tokenIds) const;
    void appendFirstSymbols(std::string_view piece, BpeScratch& scratch) const;
    void merge(BpeScratch& scratch) const;
    void offer(BpeScratch& scratch, std::uint32_t left) const;

    BpeSettings m_settings;
    std::optional<std::uint32_t> m_unknownId;
    PairTable m_merges;
    TokenIds m_pieceIds;            // by the text of a piece; filled only where it is looked up
    std::array<Unit, 256> m_units;  // of bytes; of ASCII characters if unit is Characters
};

}  // namespace gridscope
