// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/eval_windows.h"

#include <array>
#include <limits>

#include "core/base/sha256.h"
#include "core/base/step_text.h"

namespace gridscope {

namespace {

Error rangeError(const std::string& source, const std::string& what, const std::string& hint) {
    return {ErrorCode::SettingsRange, source, what, hint};
}

Expected<void> checkSettings(const TokenArray& tokens, const WindowSettings& settings,
                             const std::string& source) {
    if (settings.length < 2)
        return rangeError(
            source,
            "the window length must be at least 2, found " + std::to_string(settings.length),
            "Choose a longer window");
    if (settings.firstScored < 1 || settings.firstScored >= settings.length)
        return rangeError(source,
                          "the first scored position must be from 1 to " +
                              std::to_string(settings.length - 1) + ", found " +
                              std::to_string(settings.firstScored),
                          "Choose a position inside the window");
    if (settings.count == std::uint64_t{0})
        return rangeError(source, "the number of windows must be at least 1", {});
    if (tokens.rows > 0 && tokens.columns != settings.length)
        return rangeError(source,
                          "the rows hold " + formatGrouped(tokens.columns) + " ids, windows of " +
                              formatGrouped(settings.length) + " are asked for",
                          "Set the window length to " + std::to_string(tokens.columns));
    return {};
}

std::string hashOf(std::span<const std::uint32_t> ids) {
    Sha256 hash;
    std::array<std::byte, 4096> piece{};
    std::size_t used = 0;
    for (const std::uint32_t id : ids) {
        for (unsigned shift = 0; shift < 32; shift += 8)
            piece[used++] = static_cast<std::byte>(id >> shift);
        if (used == piece.size()) {
            hash.update(std::span<const std::byte>(piece));
            used = 0;
        }
    }
    hash.update(std::span<const std::byte>(piece).first(used));
    return hash.finishHex();
}

}  // namespace

Expected<EvalWindows> cutWindows(const TokenArray& tokens, const WindowSettings& settings,
                                 std::string source) {
    GRIDSCOPE_TRY(checkSettings(tokens, settings, source));
    const std::uint64_t present = tokens.ids.size();
    const std::uint64_t whole = present / settings.length;
    const std::uint64_t count = settings.count.value_or(whole);
    if (count == 0 || count > whole) {
        const std::uint64_t wanted = count == 0 ? 1 : count;
        const bool countable =
            wanted <= std::numeric_limits<std::uint64_t>::max() / settings.length;
        return Error{ErrorCode::TokensTooFew, std::move(source),
                     "needs " +
                         (countable ? formatGrouped(wanted * settings.length) + " tokens ("
                                    : std::string("more than 2^64 tokens (")) +
                         formatGrouped(wanted) + " x " + formatGrouped(settings.length) +
                         "), has " + formatGrouped(present),
                     whole == 0 ? "Use more text, or shorter windows"
                                : formatGrouped(whole) +
                                      " windows fit: use --windows all, more text, "
                                      "or shorter windows"};
    }
    EvalWindows windows;
    windows.count = count;
    windows.length = settings.length;
    windows.firstScored = settings.firstScored;
    windows.ids.assign(tokens.ids.begin(),
                       tokens.ids.begin() + static_cast<std::ptrdiff_t>(count * settings.length));
    windows.sha256 = hashOf(windows.ids);
    windows.source = std::move(source);
    return windows;
}

TokenArray splitRows(const TokenArray& tokens, std::uint64_t length) {
    const std::uint64_t perRow = tokens.columns / length;
    TokenArray split;
    split.rows = tokens.rows * perRow;
    split.columns = length;
    split.ids.reserve(static_cast<std::size_t>(split.rows * length));
    for (std::uint64_t row = 0; row < tokens.rows; ++row) {
        const auto begin = tokens.ids.begin() + static_cast<std::ptrdiff_t>(row * tokens.columns);
        split.ids.insert(split.ids.end(), begin,
                         begin + static_cast<std::ptrdiff_t>(perRow * length));
    }
    return split;
}

Expected<void> checkIds(const EvalWindows& windows, std::uint64_t embeddingRows) {
    for (std::size_t i = 0; i < windows.ids.size(); ++i)
        if (windows.ids[i] >= embeddingRows)
            return Error{ErrorCode::TokensIdRange, windows.source + ", token " + std::to_string(i),
                         "id " + std::to_string(windows.ids[i]) +
                             ", the model has embeddings for 0 to " +
                             std::to_string(embeddingRows) + " (exclusive)",
                         "Use tokens made with this model's tokenizer"};
    return {};
}

}  // namespace gridscope
