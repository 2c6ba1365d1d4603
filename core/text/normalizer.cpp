// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/normalizer.h"

#include <optional>

#include "core/text/unicode.h"

namespace gridscope {

namespace {

/// The changed text of one step, or nothing where it changes nothing.
struct Apply {
    std::string_view text;

    std::optional<std::string> operator()(const NfcStep&) const {
        if (isPlainlyNfc(text)) return std::nullopt;
        return toNfc(text);
    }
    std::optional<std::string> operator()(const PrependStep& step) const {
        if (text.empty()) return std::nullopt;
        return step.prefix + std::string(text);
    }
    std::optional<std::string> operator()(const ReplaceStep& step) const {
        if (text.find(step.from) == std::string_view::npos) return std::nullopt;
        return replaceAll(text, step.from, step.to);
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

std::string_view Normalizer::apply(std::string_view text, std::string& storage) const {
    for (const NormalizerStep& step : m_steps) {
        if (auto changed = std::visit(Apply{text}, step)) {
            storage = std::move(*changed);
            text = storage;
        }
    }
    return text;
}

}  // namespace gridscope
