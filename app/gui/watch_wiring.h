// SPDX-License-Identifier: GPL-3.0-or-later

// Puts the Watch page together and connects it to the controller.
#pragma once

#include <QObject>

#include "views/style/theme.h"

namespace gridscope::views {
class DashboardPlot;
class WatchPage;
}  // namespace gridscope::views

namespace gridscope::app {

class MainWindow;
class WorkbenchController;

class WatchWiring : public QObject {
    Q_OBJECT
public:
    /// Registers watch.toggle with `window`, which owns this.
    WatchWiring(MainWindow& window, WorkbenchController& controller);

    views::WatchPage* page() const { return m_page; }
    void setTheme(views::Theme theme);

private:
    void addCommand();
    void toggle();
    void askForProbe();
    void showData();
    void showStatus();

    MainWindow& m_window;
    WorkbenchController& m_controller;
    views::DashboardPlot* m_plot;
    views::WatchPage* m_page;
};

}  // namespace gridscope::app
