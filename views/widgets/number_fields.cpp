// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/widgets/number_fields.h"

#include <QSignalBlocker>

#include <algorithm>

namespace gridscope::views {

namespace {
constexpr int kMost = 2'000'000'000;
}

QSpinBox* makeCount(const QString& objectName, const QString& accessibleName, int least,
                    QWidget* parent) {
    auto* box = new QSpinBox(parent);
    box->setObjectName(objectName);
    box->setAccessibleName(accessibleName);
    box->setRange(least, kMost);
    box->setGroupSeparatorShown(true);
    // The hint of a box is as wide as its largest number, which nobody enters.
    box->setMinimumWidth(box->fontMetrics().averageCharWidth() * 13);
    box->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    return box;
}

void showCount(QSpinBox* box, std::int64_t value) {
    const QSignalBlocker quiet(box);
    box->setValue(static_cast<int>(std::clamp<std::int64_t>(value, box->minimum(), kMost)));
}

QComboBox* makeChoice(const QString& objectName, const QString& accessibleName,
                      std::initializer_list<std::pair<QString, int>> items, QWidget* parent) {
    auto* box = new QComboBox(parent);
    box->setObjectName(objectName);
    box->setAccessibleName(accessibleName);
    for (const auto& [text, value] : items) box->addItem(text, value);
    box->setMinimumWidth(box->fontMetrics().averageCharWidth() * 13);
    box->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    return box;
}

void showChoice(QComboBox* box, int value) {
    const QSignalBlocker quiet(box);
    box->setCurrentIndex(std::max(0, box->findData(value)));
}

}  // namespace gridscope::views
