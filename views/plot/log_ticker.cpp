// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/log_ticker.h"

#include "views/plot/tick_values.h"

namespace gridscope::views {

void LogTicker::generate(const QCPRange& range, const QLocale& locale, QChar /*formatChar*/,
                         int /*precision*/, QVector<double>& ticks, QVector<double>* subTicks,
                         QVector<QString>* tickLabels) {
    ticks.clear();
    if (subTicks != nullptr) subTicks->clear();
    if (tickLabels != nullptr) tickLabels->clear();
    if (range.lower <= 0) return;
    for (const double tick : logTicks(range.lower, range.upper, tickCount())) {
        ticks.append(tick);
        if (tickLabels != nullptr) tickLabels->append(tickText(tick, locale));
    }
    if (subTicks == nullptr) return;
    for (const double tick : logSubTicks(range.lower, range.upper)) subTicks->append(tick);
}

}  // namespace gridscope::views
