// SPDX-License-Identifier: GPL-3.0-or-later

// Hash table from a pair of neighbouring token ids to their merge.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridscope {

/// Open addressing with linear probing, at most half full. Ids stay below 2^31.
class PairTable {
public:
    struct Entry {
        std::uint64_t pair = kEmpty;
        std::uint32_t rank = 0;
        std::uint32_t merged = 0;
    };

    PairTable() : PairTable(0) {}
    /// Room for `count` pairs; more must not be put in.
    explicit PairTable(std::size_t count)
        : m_entries(std::bit_ceil(2 * count + 2)),
          m_shift(64 - std::countr_zero(m_entries.size())) {}

    static std::uint64_t pairOf(std::uint32_t left, std::uint32_t right) {
        return (std::uint64_t{left} << 32) | right;
    }

    /// Puts an entry in; an entry of the same pair is replaced.
    void put(const Entry& entry) { m_entries[slotOf(entry.pair)] = entry; }

    /// The entry of `pair`, or null.
    const Entry* find(std::uint64_t pair) const {
        const Entry& entry = m_entries[slotOf(pair)];
        return entry.pair == pair ? &entry : nullptr;
    }

private:
    static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

    std::size_t slotOf(std::uint64_t pair) const {
        // Multiplicative hashing: 2^64 divided by the golden ratio.
        std::size_t slot = static_cast<std::size_t>((pair * 0x9E3779B97F4A7C15u) >> m_shift);
        while (m_entries[slot].pair != pair && m_entries[slot].pair != kEmpty)
            slot = (slot + 1) & (m_entries.size() - 1);
        return slot;
    }

    std::vector<Entry> m_entries;
    int m_shift;
};

}  // namespace gridscope
