// SPDX-License-Identifier: GPL-3.0-or-later

// View > References: a tick for each published table or curve, and one command for all.
#pragma once

class QMenu;

namespace gridscope::app {

class MainWindow;
class WorkbenchController;

/// Registers the commands; those of single sets come once the tables are read, and go into `menu`.
void addReferenceCommands(MainWindow& window, WorkbenchController& controller, QMenu& menu);

}  // namespace gridscope::app
