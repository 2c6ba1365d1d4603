// SPDX-License-Identifier: GPL-3.0-or-later

// `gridscope figure`: figures without a window, display or model.
#pragma once

#include <QStringList>

namespace gridscope::app {

/// Runs the sub-command with the arguments after "figure". Written paths go to stdout, messages
/// to stderr. Returns the exit code (workbench.md 9.4).
int runFigureCommand(const QStringList& arguments);

}  // namespace gridscope::app
