// SPDX-License-Identifier: GPL-3.0-or-later

// Ticks of a logarithmic axis that stay readable over less than a decade.
#pragma once

#include "views/plot/plot_backend.h"

namespace gridscope::views {

class LogTicker : public QCPAxisTicker {
public:
    void generate(const QCPRange& range, const QLocale& locale, QChar formatChar, int precision,
                  QVector<double>& ticks, QVector<double>* subTicks,
                  QVector<QString>* tickLabels) override;
};

}  // namespace gridscope::views
