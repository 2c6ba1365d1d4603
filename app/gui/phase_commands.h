// SPDX-License-Identifier: GPL-3.0-or-later

// The commands on phases: set and reset boundaries, choose the detector, undo and redo.
#pragma once

#include <QObject>

namespace gridscope::views {
class PhasesPanel;
}

namespace gridscope::app {

class MainWindow;
class WorkbenchController;

class PhaseCommands : public QObject {
    Q_OBJECT
public:
    /// Registers the commands with `window`, which owns this.
    PhaseCommands(MainWindow& window, WorkbenchController& controller, views::PhasesPanel& panel);

private:
    void addUndo();
    void addBoundaries();
    void addDetectors();
    void askForBoundary();
    QString noBoundaries() const;  ///< why none can be set; empty = one can
    QString notMoved() const;      ///< why the picked one cannot be reset; empty = it can

    MainWindow& m_window;
    WorkbenchController& m_controller;
    views::PhasesPanel& m_panel;
};

}  // namespace gridscope::app
