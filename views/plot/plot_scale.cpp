// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/plot_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gridscope::views {

namespace {

constexpr double kPadding = 0.05;

double forward(double value, bool logarithmic) { return logarithmic ? std::log(value) : value; }
double backward(double value, bool logarithmic) { return logarithmic ? std::exp(value) : value; }

}  // namespace

double toAxis(double value, ValueScale scale) {
    return scale == ValueScale::Asinh ? std::asinh(value) : value;
}

double fromAxis(double coordinate, ValueScale scale) {
    return scale == ValueScale::Asinh ? std::sinh(coordinate) : coordinate;
}

double stepPosition(double step, StepScale scale) {
    return scale == StepScale::Logarithmic ? std::max(step, kZeroStepPosition) : step;
}

AxisGroup stepGroup(StepScale scale) {
    return scale == StepScale::Logarithmic ? AxisGroup::StepLog : AxisGroup::Step;
}

AxisRange paddedRange(std::span<const double> coordinates, bool logarithmic) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const double coordinate : coordinates) {
        if (!std::isfinite(coordinate) || (logarithmic && coordinate <= 0)) continue;
        const double at = forward(coordinate, logarithmic);
        low = std::min(low, at);
        high = std::max(high, at);
    }
    if (low > high) return logarithmic ? AxisRange{1.0, 10.0} : AxisRange{0.0, 1.0};
    double padding = kPadding * (high - low);
    // One value, or values that differ by rounding alone, still need a width that ticks can divide.
    const double smallest = logarithmic ? 0.5 : std::max(std::fabs(high) * 1e-6, 1e-12);
    if (high - low < (logarithmic ? 1e-6 : smallest))
        padding = logarithmic ? smallest : std::max(std::fabs(high) * 0.1, 1e-3);
    return {backward(low - padding, logarithmic), backward(high + padding, logarithmic)};
}

AxisRange zoomed(AxisRange range, double factor, double anchor, bool logarithmic) {
    const double center = forward(anchor, logarithmic);
    const double low = center + (forward(range.low, logarithmic) - center) * factor;
    const double high = center + (forward(range.high, logarithmic) - center) * factor;
    return {backward(low, logarithmic), backward(high, logarithmic)};
}

AxisRange panned(AxisRange range, double fraction, bool logarithmic) {
    const double low = forward(range.low, logarithmic);
    const double high = forward(range.high, logarithmic);
    const double shift = fraction * (high - low);
    return {backward(low + shift, logarithmic), backward(high + shift, logarithmic)};
}

bool isUsableRange(AxisRange range, bool logarithmic) {
    // Limits of the plotting library: sizes of 1e-280 to 1e250.
    constexpr double kLargest = 1e250;
    if (!std::isfinite(range.low) || !std::isfinite(range.high)) return false;
    if (std::fabs(range.low) > kLargest || std::fabs(range.high) > kLargest) return false;
    if (logarithmic && (range.low <= 0 || range.high / range.low < 1.0 + 1e-9)) return false;
    return range.high - range.low > 1e-12 * std::max(std::fabs(range.low), std::fabs(range.high));
}

}  // namespace gridscope::views
