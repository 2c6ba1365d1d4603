// SPDX-License-Identifier: GPL-3.0-or-later

// The open runs; selecting one makes it the active run.
#pragma once

#include <QWidget>

#include "views/navigation/navigation_state.h"

class QTableView;

namespace gridscope::views {

class RunModel;

class RunsPanel : public QWidget {
    Q_OBJECT
public:
    explicit RunsPanel(RunModel* model, QWidget* parent = nullptr);
    void showRun(RunId run);

signals:
    void runActivated(gridscope::views::RunId run);
    void closeRequested(gridscope::views::RunId run);

private:
    RunModel* m_model;
    QTableView* m_table;
};

}  // namespace gridscope::views
