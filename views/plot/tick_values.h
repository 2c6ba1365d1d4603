// SPDX-License-Identifier: GPL-3.0-or-later

// Tick positions and their texts, shared by the tickers.
#pragma once

#include <QLocale>
#include <QString>

#include <vector>

namespace gridscope::views {

/// Ticks within [low, high] (both > 0): decades, 1-2-5, 1-2-3-5-7 or evenly spaced values, the
/// coarsest of these that gives at least three; at most about `count` decades.
std::vector<double> logTicks(double low, double high, int count);
/// Unlabelled ticks between those of logTicks: the multiples 2..9 of each decade.
std::vector<double> logSubTicks(double low, double high);
/// "0", "0.5", "40", "1.2k", "100k", "3M"; exponents beyond (QCustomPlot raises them).
QString tickText(double value, const QLocale& locale);

}  // namespace gridscope::views
