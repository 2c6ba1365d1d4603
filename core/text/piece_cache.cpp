// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/piece_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gridscope {

namespace {

constexpr std::size_t kMostSlots = 1u << 16;
constexpr std::size_t kFewestSlots = 64;
constexpr std::size_t kTextBytesPerSlot = 8;

}  // namespace

PieceCache::PieceCache(std::size_t textBytes)
    : m_slots(
          std::clamp(std::bit_ceil(textBytes / kTextBytesPerSlot + 1), kFewestSlots, kMostSlots)) {}

PieceCache::Place PieceCache::find(std::string_view piece) {
    Place place;
    if (piece.size() > kLongestPiece) return place;
    std::memcpy(place.key.data(), piece.data(), piece.size());
    std::uint64_t hash = piece.size();
    for (const std::uint64_t word : place.key) {
        // Multiply and fold, with the constants of splitmix64.
        hash = (hash ^ word) * 0xBF58476D1CE4E5B9u;
        hash ^= hash >> 29;
    }
    place.slot = &m_slots[hash & (m_slots.size() - 1)];
    place.found = place.slot->length == piece.size() && place.slot->key == place.key;
    return place;
}

void PieceCache::keep(const Place& place, std::size_t pieceBytes,
                      std::span<const std::uint32_t> ids) {
    if (place.slot == nullptr || pieceBytes == 0 || ids.size() > kMostIds) return;
    place.slot->key = place.key;
    place.slot->length = static_cast<std::uint16_t>(pieceBytes);
    place.slot->count = static_cast<std::uint16_t>(ids.size());
    std::copy(ids.begin(), ids.end(), place.slot->ids.begin());
}

}  // namespace gridscope
