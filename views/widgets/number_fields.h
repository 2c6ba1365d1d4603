// SPDX-License-Identifier: GPL-3.0-or-later

// Whole numbers and choices in forms, made the same way everywhere.
#pragma once

#include <QComboBox>
#include <QSpinBox>

#include <cstdint>
#include <initializer_list>
#include <utility>

namespace gridscope::views {

/// Steps, windows, tokens: up to 2e9, with group separators.
QSpinBox* makeCount(const QString& objectName, const QString& accessibleName, int least,
                    QWidget* parent);
/// Shows `value` as near as the box can, without a signal.
void showCount(QSpinBox* box, std::int64_t value);

/// Words of core behind texts for people.
QComboBox* makeChoice(const QString& objectName, const QString& accessibleName,
                      std::initializer_list<std::pair<QString, int>> items, QWidget* parent);
/// Without a signal.
void showChoice(QComboBox* box, int value);

}  // namespace gridscope::views
