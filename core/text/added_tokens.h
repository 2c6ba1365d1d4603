// SPDX-License-Identifier: GPL-3.0-or-later

// Finds the added tokens of a tokenizer in text: leftmost, longest.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gridscope {

/// White space beside an added token that belongs to it.
struct SpaceAround {
    bool before = false;  ///< `lstrip`
    bool after = false;   ///< `rstrip`
};

struct AddedToken {
    std::uint32_t id = 0;
    std::string content;  ///< not empty
    SpaceAround strip;
};

/// Immutable once made. Time: text length x length of the longest token, at worst.
class AddedTokenFinder {
public:
    AddedTokenFinder() = default;
    /// Of tokens with equal content the first counts.
    explicit AddedTokenFinder(std::vector<AddedToken> tokens);

    struct Sinks {
        std::function<void(std::string_view text, std::size_t offset)> text;
        std::function<void(std::uint32_t id)> token;
    };
    /// Gives the stretches between tokens (never empty) and the tokens, in order.
    void split(std::string_view text, const Sinks& sinks) const;

private:
    const AddedToken* longestAt(std::string_view text, std::size_t position) const;

    struct Range {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };
    std::vector<AddedToken> m_tokens;        // sorted by content
    std::array<Range, 256> m_byFirstByte{};  // into m_tokens
};

}  // namespace gridscope
