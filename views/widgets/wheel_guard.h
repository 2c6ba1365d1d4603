// SPDX-License-Identifier: GPL-3.0-or-later

// Lets the wheel scroll a form instead of changing the numbers under the mouse.
#pragma once

#include <QObject>

class QWidget;

namespace gridscope::views {

class WheelGuard : public QObject {
    Q_OBJECT
public:
    /// For every number and choice below `form` that is there now; belongs to `form`.
    explicit WheelGuard(QWidget* form);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace gridscope::views
