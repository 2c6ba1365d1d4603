// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/numbers.h"

#include <array>
#include <charconv>
#include <cmath>

namespace gridscope {

namespace {

template <class T>
std::optional<T> parseWhole(std::string_view text) {
    T value{};
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string formatNumber(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    std::array<char, 40> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), result.ptr};
}

std::string formatFixed(double value, int digits) {
    if (!std::isfinite(value)) return formatNumber(value);
    std::array<char, 400> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), value,
                                      std::chars_format::fixed, digits);
    return {text.data(), result.ptr};
}

std::optional<double> parseDouble(std::string_view text) { return parseWhole<double>(text); }

std::optional<std::int64_t> parseInteger(std::string_view text) {
    return parseWhole<std::int64_t>(text);
}

std::string formatBytes(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < kUnits.size()) {
        value /= 1000.0;
        ++unit;
    }
    return formatFixed(value, unit == 0 ? 0 : 1) + " " + std::string(kUnits[unit]);
}

std::string formatDuration(double seconds) {
    if (!std::isfinite(seconds)) return "unknown";
    const auto whole = static_cast<std::int64_t>(std::llround(std::fmax(seconds, 0.0)));
    const auto twoDigits = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    if (whole >= 3600)
        return std::to_string(whole / 3600) + " h " + twoDigits(whole / 60 % 60) + " min";
    if (whole >= 60) return std::to_string(whole / 60) + " min " + twoDigits(whole % 60) + " s";
    return std::to_string(whole) + " s";
}

}  // namespace gridscope
