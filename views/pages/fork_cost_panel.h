// SPDX-License-Identifier: GPL-3.0-or-later

// What a fork experiment takes: tokens, time, disk, memory.
#pragma once

#include <QWidget>

#include "views/pages/fork_choice.h"

class QLabel;

namespace gridscope::views {

class ForkCostPanel : public QWidget {
    Q_OBJECT
public:
    explicit ForkCostPanel(QWidget* parent = nullptr);

    /// @param problem why there is nothing to compute; empty = there is
    void showCost(const ForkStatus& status, const QString& problem);

private:
    QLabel* m_amounts;
    QLabel* m_notes;
};

}  // namespace gridscope::views
