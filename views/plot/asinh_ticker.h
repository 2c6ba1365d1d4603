// SPDX-License-Identifier: GPL-3.0-or-later

// Ticks of an asinh axis: 0, +-1, +-3, +-10, +-30, ...
#pragma once

#include "views/plot/plot_backend.h"

namespace gridscope::views {

class AsinhTicker : public QCPAxisTicker {
public:
    void generate(const QCPRange& range, const QLocale& locale, QChar formatChar, int precision,
                  QVector<double>& ticks, QVector<double>* subTicks,
                  QVector<QString>* tickLabels) override;
};

}  // namespace gridscope::views
