// SPDX-License-Identifier: GPL-3.0-or-later

// Connects the audit panel with the controller and with the checkpoint table.
#pragma once

#include <QObject>

namespace gridscope::views {
class AuditPanel;
class CheckpointsPanel;
}  // namespace gridscope::views

namespace gridscope::app {

class WorkbenchController;

class AuditWiring : public QObject {
    Q_OBJECT
public:
    /// Lives as long as `panel`.
    AuditWiring(views::AuditPanel& panel, views::CheckpointsPanel& checkpoints,
                WorkbenchController& controller);

private:
    void showState();
    void goTo(int entry);
    void askForFile();

    views::AuditPanel& m_panel;
    views::CheckpointsPanel& m_checkpoints;
    WorkbenchController& m_controller;
};

}  // namespace gridscope::app
