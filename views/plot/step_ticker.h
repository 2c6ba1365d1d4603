// SPDX-License-Identifier: GPL-3.0-or-later

// Ticks of a training-step axis, linear or logarithmic; step 0 is drawn at 0.5 and labelled 0.
#pragma once

#include "views/plot/plot_backend.h"
#include "views/plot/plot_scale.h"

namespace gridscope::views {

class StepTicker : public QCPAxisTicker {
public:
    explicit StepTicker(StepScale scale) : m_scale(scale) {}
    void generate(const QCPRange& range, const QLocale& locale, QChar formatChar, int precision,
                  QVector<double>& ticks, QVector<double>* subTicks,
                  QVector<QString>* tickLabels) override;

private:
    StepScale m_scale;
};

}  // namespace gridscope::views
