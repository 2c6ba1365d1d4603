// SPDX-License-Identifier: GPL-3.0-or-later

// The menu bar: registered commands in their places.
#pragma once

class QMenu;

namespace gridscope::app {

class DockSet;
class MainWindow;

/// Menus whose entries change while the program runs.
struct WindowMenus {
    QMenu* recent = nullptr;      ///< File > Open Recent
    QMenu* references = nullptr;  ///< View > References, empty
};

/// Fills the menu bar of `window` from its commands, which are registered before.
WindowMenus buildWindowMenus(MainWindow& window, const DockSet& docks);

}  // namespace gridscope::app
