// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/normalizer.h"

#include <algorithm>
#include <optional>

#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::size_t kLargestText = std::size_t{1} << 30;  // formats.md 9.4
constexpr std::size_t kGrowth = 64;  // published files triple a space at most
constexpr std::size_t kAllowance = 4096;

/// The changed text of one step, or nothing where it changes nothing.
struct Apply {
    std::string_view text;
    std::size_t mostBytes;

    using Changed = Expected<std::optional<std::string>>;

    Changed operator()(const NfcStep&) const {
        if (isPlainlyNfc(text)) return std::optional<std::string>();
        std::string composed = toNfc(text);
        GRIDSCOPE_TRY(check(composed.size()));
        return std::optional(std::move(composed));
    }
    Changed operator()(const PrependStep& step) const {
        if (text.empty()) return std::optional<std::string>();
        GRIDSCOPE_TRY(check(step.prefix.size() + text.size()));
        return std::optional(step.prefix + std::string(text));
    }
    Changed operator()(const ReplaceStep& step) const {
        if (text.find(step.from) == std::string_view::npos) return std::optional<std::string>();
        GRIDSCOPE_TRY(check(replacedSize(text, step.from, step.to)));
        return std::optional(replaceAll(text, step.from, step.to));
    }

private:
    Expected<void> check(std::size_t bytes) const {
        if (bytes <= mostBytes) return {};
        return Error{ErrorCode::TokenizerLimit, "normalizer",
                     "makes " + std::to_string(bytes) + " bytes of a text, at most " +
                         std::to_string(mostBytes) + " are kept",
                     "Is this the tokenizer.json that was published?"};
    }
};

}  // namespace

std::string replaceAll(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0;;) {
        const std::size_t found = text.find(from, i);
        result.append(text.substr(i, found - i));
        if (found == std::string_view::npos) return result;
        result.append(to);
        i = found + from.size();
    }
}

std::size_t replacedSize(std::string_view text, std::string_view from, std::string_view to) {
    std::size_t count = 0;
    for (std::size_t i = text.find(from); i != std::string_view::npos;
         i = text.find(from, i + from.size()))
        ++count;
    return text.size() - count * from.size() + count * to.size();
}

std::size_t largestResult(std::size_t bytes) {
    if (bytes > kLargestText / kGrowth) return kLargestText;
    return std::min(bytes * kGrowth + kAllowance, kLargestText);
}

Expected<std::string_view> Normalizer::apply(std::string_view text, std::string& storage,
                                             std::size_t mostBytes) const {
    for (const NormalizerStep& step : m_steps) {
        GRIDSCOPE_TRY_ASSIGN(changed, std::visit(Apply{text, mostBytes}, step));
        if (!changed) continue;
        storage = *std::move(changed);
        text = storage;
    }
    return text;
}

}  // namespace gridscope
