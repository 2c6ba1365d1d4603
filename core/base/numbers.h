// SPDX-License-Identifier: GPL-3.0-or-later

// Numbers as text in the C locale, whatever locale the program runs in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridscope {

/// Shortest text that reads back as the same double; "nan", "inf", "-inf" otherwise.
std::string formatNumber(double value);
/// `value` with `digits` decimals, such as "12.30".
std::string formatFixed(double value, int digits);
/// All of `text` as a number, or nothing.
std::optional<double> parseDouble(std::string_view text);
std::optional<std::int64_t> parseInteger(std::string_view text);
/// Bytes with a unit people use: "374.9 MB".
std::string formatBytes(std::uint64_t bytes);
/// Seconds as "1 h 05 min", "3 min 20 s" or "12 s"; "unknown" for NaN.
std::string formatDuration(double seconds);

}  // namespace gridscope
