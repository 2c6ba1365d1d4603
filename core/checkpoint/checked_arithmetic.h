// SPDX-License-Identifier: GPL-3.0-or-later

// Sums and products of numbers that a file supplies.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace gridscope {

/// a * b, or nothing above 2^64 - 1.
inline std::optional<std::uint64_t> checkedProduct(std::uint64_t a, std::uint64_t b) {
    if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return std::nullopt;
    return a * b;
}

/// a + b, or nothing above 2^64 - 1.
inline std::optional<std::uint64_t> checkedSum(std::uint64_t a, std::uint64_t b) {
    if (a > std::numeric_limits<std::uint64_t>::max() - b) return std::nullopt;
    return a + b;
}

}  // namespace gridscope
