// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/step_ticker.h"

#include "views/plot/tick_values.h"

namespace gridscope::views {

void StepTicker::generate(const QCPRange& range, const QLocale& locale, QChar formatChar,
                          int precision, QVector<double>& ticks, QVector<double>* subTicks,
                          QVector<QString>* tickLabels) {
    if (m_scale == StepScale::Linear) {
        QCPAxisTicker::generate(range, locale, formatChar, precision, ticks, subTicks, nullptr);
    } else {
        ticks.clear();
        if (subTicks != nullptr) subTicks->clear();
        if (range.lower <= 0) return;
        const bool showsZero = range.contains(kZeroStepPosition);
        if (showsZero) ticks.append(kZeroStepPosition);
        // No label closer to the 0 than a factor of 2, and no sub-tick between 0 and 1.
        const double low = showsZero ? 1.0 : range.lower;
        if (low < range.upper) {
            for (const double tick : logTicks(low, range.upper, tickCount())) ticks.append(tick);
            if (subTicks != nullptr) {
                for (const double tick : logSubTicks(low, range.upper)) subTicks->append(tick);
            }
        }
    }
    if (tickLabels == nullptr) return;
    tickLabels->clear();
    for (const double tick : ticks) {
        const bool isZero = m_scale == StepScale::Logarithmic && tick == kZeroStepPosition;
        tickLabels->append(tickText(isZero ? 0.0 : tick, locale));
    }
}

}  // namespace gridscope::views
