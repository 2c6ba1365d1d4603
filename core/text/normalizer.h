// SPDX-License-Identifier: GPL-3.0-or-later

// What a tokenizer does to a piece of text before it is split.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

struct NfcStep {};
struct PrependStep {
    std::string prefix;  ///< put before a piece that is not empty
};
struct ReplaceStep {
    std::string from;  ///< not empty
    std::string to;
};
using NormalizerStep = std::variant<NfcStep, PrependStep, ReplaceStep>;

/// Every occurrence of `from` in `text`, left to right, replaced by `to`.
std::string replaceAll(std::string_view text, std::string_view from, std::string_view to);

/// Bytes that replaceAll would give.
std::size_t replacedSize(std::string_view text, std::string_view from, std::string_view to);

/// Bytes that steps may make of a text of `bytes` bytes: 64 for each and 4 KiB more, at most 1 GiB.
/// Steps that each double a text would otherwise fill the memory from a file of a few lines.
std::size_t largestResult(std::size_t bytes);

/// Steps applied one after the other. Immutable once made.
class Normalizer {
public:
    Normalizer() = default;
    explicit Normalizer(std::vector<NormalizerStep> steps) : m_steps(std::move(steps)) {}

    /// `text` (valid UTF-8) itself where no step changes it, else a view of `storage`.
    /// Errors: tokenizer.limit where a step would make more than `mostBytes` of it.
    Expected<std::string_view> apply(std::string_view text, std::string& storage,
                                     std::size_t mostBytes) const;

private:
    std::vector<NormalizerStep> m_steps;
};

}  // namespace gridscope
