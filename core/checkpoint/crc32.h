// SPDX-License-Identifier: GPL-3.0-or-later

// CRC-32 of ZIP members, fast enough to run beside reading from the page cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gridscope {

/// The checksum of bytes that arrive in pieces: polynomial 0x04C11DB7, bits reflected, start value
/// and final inversion of all ones (ITU-T V.42, 8.1.1.6.2).
class Crc32 {
public:
    void update(std::span<const std::byte> bytes);
    std::uint32_t value() const { return ~m_state; }

private:
    std::uint32_t m_state = 0xFFFFFFFFu;
};

}  // namespace gridscope
