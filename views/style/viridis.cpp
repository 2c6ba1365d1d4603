// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/style/viridis.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gridscope::views {

namespace {

// Every 17th entry of the 256 entries of viridis (van der Walt and Smith, 2015, CC0).
constexpr std::array<QRgb, 16> kAnchors{0x440154, 0x481A6C, 0x472F7D, 0x414487, 0x39568C, 0x31688E,
                                        0x2A788E, 0x23888E, 0x1F988B, 0x22A884, 0x35B779, 0x54C568,
                                        0x7AD151, 0xA5DB36, 0xD2E21B, 0xFDE725};

}  // namespace

QColor viridis(double position) {
    const double scaled = std::clamp(position, 0.0, 1.0) * static_cast<double>(kAnchors.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(scaled), kAnchors.size() - 2);
    const double share = scaled - static_cast<double>(low);
    const auto mix = [&](int first, int second) {
        return static_cast<int>(std::lround(first + share * (second - first)));
    };
    const QRgb a = kAnchors[low];
    const QRgb b = kAnchors[low + 1];
    return QColor(mix(qRed(a), qRed(b)), mix(qGreen(a), qGreen(b)), mix(qBlue(a), qBlue(b)));
}

}  // namespace gridscope::views
