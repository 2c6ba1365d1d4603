// SPDX-License-Identifier: GPL-3.0-or-later

// Pictures of the whole window, for documentation and reports.
#pragma once

#include <QString>

namespace gridscope::app {

class MainWindow;
class WorkbenchController;

/// Saves a picture of `window` to `file` once nothing is being read or computed any more, and ends
/// the event loop with 0, or with 5 if the file could not be written.
void screenshotWhenReady(MainWindow& window, WorkbenchController& controller, const QString& file);

}  // namespace gridscope::app
