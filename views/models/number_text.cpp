// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/number_text.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace gridscope::views {

QString numberText(double value, int digits) {
    if (std::isnan(value)) return QStringLiteral("–");
    if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
    const double size = std::abs(value);
    if (size != 0.0 && (size >= 1e6 || size < 1e-4)) return QLocale().toString(value, 'e', 2);
    const int before = size < 1.0 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
    return QLocale().toString(value, 'f', std::clamp(digits - before, 0, digits));
}

QString percentText(double value) {
    const QString number = numberText(value, 3);
    if (!std::isfinite(value)) return number;
    return (value > 0 ? QStringLiteral("+") : QString()) + number + QStringLiteral(" %");
}

QString stepText(double step) {
    if (!std::isfinite(step)) return QStringLiteral("–");
    return QLocale().toString(step, 'f', step == std::floor(step) ? 0 : 1);
}

}  // namespace gridscope::views
