// SPDX-License-Identifier: GPL-3.0-or-later

// Integers as they lie in files: little-endian, without alignment.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

namespace gridscope {

static_assert(std::endian::native == std::endian::little, "stored bytes are used as they are");

/// The integer at byte `offset`, which must lie inside `bytes` with all of its bytes.
template <class Integer>
Integer littleEndianAt(std::span<const std::byte> bytes, std::size_t offset) {
    static_assert(std::is_integral_v<Integer>);
    assert(offset <= bytes.size() && sizeof(Integer) <= bytes.size() - offset);
    Integer value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

}  // namespace gridscope
