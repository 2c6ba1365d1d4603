// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/tick_values.h"

#include <cmath>
#include <initializer_list>

namespace gridscope::views {

namespace {

constexpr double kTolerance = 1e-9;

std::vector<double> multiples(double low, double high, std::initializer_list<int> factors,
                              int everyDecade) {
    std::vector<double> ticks;
    const int first = static_cast<int>(std::floor(std::log10(low)));
    const int last = static_cast<int>(std::ceil(std::log10(high)));
    for (int decade = first; decade <= last; ++decade) {
        if (decade % everyDecade != 0) continue;
        for (const int factor : factors) {
            const double tick = factor * std::pow(10.0, decade);
            if (tick >= low * (1 - kTolerance) && tick <= high * (1 + kTolerance))
                ticks.push_back(tick);
        }
    }
    return ticks;
}

std::vector<double> evenlySpaced(double low, double high) {
    const double rough = (high - low) / 4.0;
    const double magnitude = std::pow(10.0, std::floor(std::log10(rough)));
    const double mantissa = rough / magnitude;
    const double step = magnitude * (mantissa < 1.5   ? 1
                                     : mantissa < 3.5 ? 2
                                     : mantissa < 7.5 ? 5
                                                      : 10);
    std::vector<double> ticks;
    for (double k = std::ceil(low / step - kTolerance); k * step <= high * (1 + kTolerance); ++k)
        ticks.push_back(k * step);
    return ticks;
}

QString scaled(double value, double unit, QLatin1String suffix, const QLocale& locale) {
    return locale.toString(value / unit, 'g', 4) + suffix;
}

}  // namespace

std::vector<double> logTicks(double low, double high, int count) {
    const double decades = std::log10(high / low);
    const int every = std::max(1, static_cast<int>(std::ceil(decades / std::max(1, count))));
    auto ticks = multiples(low, high, {1}, every);
    if (ticks.size() >= 3) return ticks;
    ticks = multiples(low, high, {1, 2, 5}, 1);
    if (ticks.size() >= 3) return ticks;
    ticks = multiples(low, high, {1, 2, 3, 5, 7}, 1);
    if (ticks.size() >= 3) return ticks;
    return evenlySpaced(low, high);
}

std::vector<double> logSubTicks(double low, double high) {
    if (std::log10(high / low) > 12) return {};
    return multiples(low, high, {2, 3, 4, 5, 6, 7, 8, 9}, 1);
}

QString tickText(double value, const QLocale& locale) {
    const double size = std::fabs(value);
    if (size == 0) return QStringLiteral("0");
    if (size >= 1e9 || size < 1e-4) return locale.toString(value, 'e', 0);
    if (size >= 1e6) return scaled(value, 1e6, QLatin1String("M"), locale);
    if (size >= 1e3) return scaled(value, 1e3, QLatin1String("k"), locale);
    return locale.toString(value, 'g', 4);
}

}  // namespace gridscope::views
