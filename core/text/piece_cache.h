// SPDX-License-Identifier: GPL-3.0-or-later

// Remembers the ids of short pieces within one encoding call.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gridscope {

/// Direct-mapped: a new piece replaces the one in its slot, so memory is bounded (3 MB).
/// One thread.
class PieceCache {
public:
    static constexpr std::size_t kLongestPiece = 24;
    static constexpr std::size_t kMostIds = 5;

    /// @param textBytes size of the text to encode; a short text gets a small cache
    explicit PieceCache(std::size_t textBytes);

    /// Where a piece is or would be kept. Longer pieces have no place.
    struct Slot {
        std::array<std::uint64_t, kLongestPiece / 8> key{};  ///< the bytes, then zeros
        std::uint16_t length = 0;                            ///< bytes of the piece; 0 = free
        std::uint16_t count = 0;                             ///< ids in use
        std::array<std::uint32_t, kMostIds> ids{};
    };
    struct Place {
        Slot* slot = nullptr;  ///< null if the piece is too long
        bool found = false;    ///< the slot holds this piece
        std::array<std::uint64_t, kLongestPiece / 8> key{};
    };

    Place find(std::string_view piece);
    /// Keeps `ids` for the piece that `place` was found for, if there are few enough.
    static void keep(const Place& place, std::size_t pieceBytes,
                     std::span<const std::uint32_t> ids);

private:
    std::vector<Slot> m_slots;  // a power of two
};

}  // namespace gridscope
