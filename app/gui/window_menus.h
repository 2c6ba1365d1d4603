// SPDX-License-Identifier: GPL-3.0-or-later

// The menu bar: registered commands in their places.
#pragma once

class QMenu;

namespace gridscope::app {

class DockSet;
class MainWindow;
class WorkbenchController;

/// Menus whose entries change while the program runs.
struct WindowMenus {
    QMenu* recent = nullptr;  ///< File > Open Recent
};

/// Fills the menu bar of `window` from its commands, which are registered before.
WindowMenus buildWindowMenus(MainWindow& window, WorkbenchController& controller,
                             const DockSet& docks);

}  // namespace gridscope::app
