// SPDX-License-Identifier: GPL-3.0-or-later

// What a tokenizer does to a piece of text before it is split.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

/// Steps applied one after the other. Immutable once made.
class Normalizer {
public:
    Normalizer() = default;
    explicit Normalizer(std::vector<NormalizerStep> steps) : m_steps(std::move(steps)) {}

    /// `text` (valid UTF-8) itself where no step changes it, else a view of `storage`.
    std::string_view apply(std::string_view text, std::string& storage) const;

private:
    std::vector<NormalizerStep> m_steps;
};

}  // namespace gridscope
