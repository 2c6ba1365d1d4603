// SPDX-License-Identifier: GPL-3.0-or-later

// The fixed set of token windows that every checkpoint of a run is scored on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

/// Token ids [count, length], row-major, with where they came from.
struct EvalWindows {
    std::vector<std::uint32_t> ids;  ///< [count * length]
    std::uint64_t count = 0;
    std::uint64_t length = 0;
    std::uint64_t firstScored = 1;  ///< positions firstScored..length-1 are targets
    std::string sha256;             ///< of the ids as little-endian u32
    std::string source;             ///< file the ids or the text came from
    std::string tokenizerSha256;    ///< empty for token files
    std::uint64_t textBytes = 0;    ///< UTF-8 bytes behind the scored tokens; 0 = unknown

    std::span<const std::uint32_t> window(std::uint64_t i) const {
        return std::span(ids).subspan(i * length, length);
    }
    std::uint64_t scoredPerWindow() const { return length - firstScored; }
    std::uint64_t scoredTokens() const { return count * scoredPerWindow(); }
};

/// Ids as they stand in a file: one flat stream, or rows that are windows already.
struct TokenArray {
    std::vector<std::uint32_t> ids;
    std::uint64_t rows = 0;     ///< 0 = flat stream
    std::uint64_t columns = 0;  ///< row length when rows > 0
};

struct WindowSettings {
    std::optional<std::uint64_t> count;  ///< nothing = every whole window (--windows all)
    std::uint64_t length = 512;
    std::uint64_t firstScored = 1;
};

/// Cuts `tokens` into windows, in order and without overlap; a rest is not used. A 2-D array
/// gives its rows, whose length must be `length`.
/// Errors: tokens.too-few (needed and present numbers), settings.range.
Expected<EvalWindows> cutWindows(const TokenArray& tokens, const WindowSettings& settings,
                                 std::string source);

/// Cuts every row of `tokens` into rows of `length`, which is at most `columns`; the rest of a row
/// is not used, so that no window spans two rows.
TokenArray splitRows(const TokenArray& tokens, std::uint64_t length);

/// Checks every id against the embedding rows. Errors: tokens.id-range with the position.
Expected<void> checkIds(const EvalWindows& windows, std::uint64_t embeddingRows);

}  // namespace gridscope
