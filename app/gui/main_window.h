// SPDX-License-Identifier: GPL-3.0-or-later

// The window: puts pages, docks, menus and status bar together. Wiring only.
#pragma once

#include <QMainWindow>

#include "app/control/settings_store.h"
#include "app/gui/action_registry.h"
#include "app/gui/theme_palette.h"

class QComboBox;
class QTabWidget;

namespace gridscope::views {
class Page;
}

namespace gridscope::app {

class DockSet;
class ForkWiring;
class PlotWiring;
class WatchWiring;
class WorkbenchController;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(WorkbenchController& controller, SettingsStore& settings);

    ActionRegistry& actions() { return m_actions; }
    void setTheme(views::Theme theme);
    void resetLayout();
    void showPage(int page);
    void showPage(QWidget* page);
    void focusFilter();

public slots:
    void askForFolder();
    void askForTrajectory();
    void askForProbe();
    void askForStep();
    void askForFigure();
    void runAudit();
    void showDataAsTable();

protected:
    void showEvent(QShowEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    void buildPages();
    void buildMenus();
    void buildToolbar();
    void showViewState();
    void showChoices();
    void fillRecent();
    bool confirmQuit();

    /// What the button of an empty page does.
    enum class Offer { OpenFolder, Probe };
    Offer offer() const;

    WorkbenchController& m_controller;
    SettingsStore& m_settings;
    ThemePalette m_palette;
    Offer m_offered = Offer::OpenFolder;  ///< what the button says
    ActionRegistry m_actions;
    QTabWidget* m_pages = nullptr;
    views::Page* m_dashboard = nullptr;
    views::Page* m_layers = nullptr;
    PlotWiring* m_plots = nullptr;
    ForkWiring* m_fork = nullptr;
    WatchWiring* m_watch = nullptr;
    DockSet* m_docks = nullptr;
    QComboBox* m_metric = nullptr;
    QComboBox* m_grid = nullptr;
    QMenu* m_recent = nullptr;
    QByteArray m_firstLayout;
    bool m_laidOut = false;  ///< the docks have their sizes
};

/// Registers every command of `window`.
void addWindowActions(MainWindow& window, WorkbenchController& controller);

}  // namespace gridscope::app
