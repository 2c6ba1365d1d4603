// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/asinh_ticker.h"

#include <cmath>

#include "views/plot/tick_values.h"

namespace gridscope::views {

namespace {

/// 0, +-1, +-3, +-10, ... within the range; every `stride`-th decade beyond the first.
QVector<double> decadeTicks(const QCPRange& range, int stride) {
    QVector<double> values{0.0};
    for (int decade = 0; decade <= 308; decade += stride) {
        for (const double factor : {1.0, 3.0}) {
            if (factor > 1 && stride > 1) continue;
            const double value = factor * std::pow(10.0, decade);
            if (!std::isfinite(value)) continue;
            values.append(value);
            values.prepend(-value);
        }
    }
    QVector<double> ticks;
    for (const double value : values) {
        const double coordinate = std::asinh(value);
        if (range.contains(coordinate)) ticks.append(coordinate);
    }
    return ticks;
}

}  // namespace

void AsinhTicker::generate(const QCPRange& range, const QLocale& locale, QChar formatChar,
                           int precision, QVector<double>& ticks, QVector<double>* subTicks,
                           QVector<QString>* tickLabels) {
    const int most = 2 * tickCount();
    int stride = 1;
    ticks = decadeTicks(range, stride);
    while (ticks.size() > most && stride < 300) ticks = decadeTicks(range, stride *= 2);
    if (ticks.size() < 3) {
        // Near 0 the scale is linear: place even ticks.
        QVector<double> even;
        const QCPRange values(std::sinh(range.lower), std::sinh(range.upper));
        if (std::isfinite(values.size())) {
            QCPAxisTicker linear;
            linear.setTickCount(4);
            linear.generate(values, locale, formatChar, precision, even, nullptr, nullptr);
        }
        ticks.clear();
        for (const double value : even) {
            const double coordinate = std::asinh(value);
            if (range.contains(coordinate)) ticks.append(coordinate);
        }
    }
    if (subTicks != nullptr) subTicks->clear();
    if (tickLabels == nullptr) return;
    tickLabels->clear();
    for (const double tick : ticks) {
        const double value = std::sinh(tick);
        const double rounded =
            std::round(value * 1e6) / 1e6;  // asinh and sinh lose the last digits
        tickLabels->append(tickText(std::fabs(value) < 1e6 ? rounded : value, locale));
    }
}

}  // namespace gridscope::views
