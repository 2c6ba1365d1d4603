// SPDX-License-Identifier: GPL-3.0-or-later

// View > References: a tick for each published table or curve, and one command for all.
#pragma once

class QMenu;

namespace gridscope::app {

class MainWindow;
class WorkbenchController;

void addReferenceCommands(MainWindow& window, WorkbenchController& controller);
/// Fills `menu` with them; sets of a group get a menu of their own.
void fillReferenceMenu(QMenu& menu, MainWindow& window, WorkbenchController& controller);

}  // namespace gridscope::app
