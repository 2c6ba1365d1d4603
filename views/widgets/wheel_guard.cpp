// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/widgets/wheel_guard.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>

namespace gridscope::views {

WheelGuard::WheelGuard(QWidget* form) : QObject(form) {
    const auto guard = [this](QWidget* input) {
        input->setFocusPolicy(Qt::StrongFocus);  // not by the wheel
        input->installEventFilter(this);
    };
    for (QAbstractSpinBox* box : form->findChildren<QAbstractSpinBox*>()) guard(box);
    for (QComboBox* box : form->findChildren<QComboBox*>()) guard(box);
}

bool WheelGuard::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::Wheel || static_cast<QWidget*>(watched)->hasFocus()) return false;
    event->ignore();  // so that the form above scrolls
    return true;
}

}  // namespace gridscope::views
