// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/widgets/rate_edit.h"

#include <QLocale>

#include <cmath>

#include "core/base/numbers.h"

namespace gridscope::views {

RateEdit::RateEdit(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QLineEdit(parent) {
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    setMinimumWidth(fontMetrics().averageCharWidth() * 10);
}

std::optional<double> RateEdit::value() const {
    const QString written = text().trimmed();
    bool isNumber = false;
    double number = QLocale::c().toDouble(written, &isNumber);
    if (!isNumber) number = QLocale().toDouble(written, &isNumber);
    return isNumber && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

bool RateEdit::isBroken() const { return !text().trimmed().isEmpty() && !value(); }

void RateEdit::setValue(std::optional<double> number) {
    if (value() == number && !isBroken()) return;
    setText(number ? QString::fromStdString(formatNumber(*number)) : QString());
}

}  // namespace gridscope::views
