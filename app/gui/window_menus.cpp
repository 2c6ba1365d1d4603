// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/window_menus.h"

#include <QCoreApplication>
#include <QDockWidget>
#include <QMenu>
#include <QMenuBar>

#include "app/gui/dock_set.h"
#include "app/gui/main_window.h"
#include "views/panels/checkpoints_panel.h"

namespace gridscope::app {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Menus", text); }

/// Adds the commands with these ids; an empty id is a separator.
void fill(QMenu& menu, const ActionRegistry& actions, std::initializer_list<const char*> ids) {
    for (const char* id : ids) {
        if (*id == '\0') {
            menu.addSeparator();
        } else {
            menu.addAction(actions.find(QString::fromLatin1(id)));
        }
    }
}

/// Every command whose id begins with `prefix`, in the order of their registration.
void fillWith(QMenu& menu, const ActionRegistry& actions, const char* prefix) {
    for (const QString& id : actions.ids())
        if (id.startsWith(QLatin1String(prefix))) menu.addAction(actions.find(id));
}

}  // namespace

WindowMenus buildWindowMenus(MainWindow& window, const DockSet& docks) {
    const ActionRegistry& actions = window.actions();
    QMenuBar& bar = *window.menuBar();
    WindowMenus menus;
    QMenu* file = bar.addMenu(tr("&File"));
    fill(*file, actions, {"file.openFolder", "file.openTrajectory"});
    menus.recent = file->addMenu(tr("Open &Recent"));
    fill(*file, actions, {"", "file.exportFigure", "", "file.closeRun", "file.quit"});
    QMenu* edit = bar.addMenu(tr("&Edit"));
    fill(*edit, actions, {"edit.undo", "edit.redo", "", "edit.find"});
    QMenu* view = bar.addMenu(tr("&View"));
    fill(*view, actions,
         {"view.dashboard", "view.layers", "view.forkLab", "view.watch", "", "view.fit",
          "view.stepScale", "view.asTable", "", "view.themeSystem", "view.themeLight",
          "view.themeDark", ""});
    menus.references = view->addMenu(tr("R&eferences"));
    menus.references->setToolTipsVisible(true);
    QMenu* panels = view->addMenu(tr("&Panels"));
    for (QDockWidget* dock : docks.docks()) panels->addAction(dock->toggleViewAction());
    fill(*view, actions, {"view.resetLayout", "", "view.reload", "view.fullScreen"});
    QMenu* navigate = bar.addMenu(tr("&Navigate"));
    fill(*navigate, actions, {"nav.back", "nav.forward", "", "nav.goToStep", "nav.minPerplexity"});
    QMenu* phases = bar.addMenu(tr("P&hases"));
    fill(*phases, actions, {"phase.setBoundary", "phase.reset", "phase.resetAll", ""});
    fillWith(*phases, actions, "phase.detector.");
    QMenu* probe = bar.addMenu(tr("&Probe"));
    fill(*probe, actions,
         {"probe.start", "probe.pause", "probe.cancel", "probe.retry", "", "probe.audit", "",
          "watch.toggle", ""});
    QMenu* fork = bar.addMenu(tr("F&ork"));
    fill(*fork, actions,
         {"fork.new", "fork.fromSelected", "fork.open", "", "fork.presetPaper", "fork.presetSmall",
          "", "fork.run", "fork.cancel", "", "fork.copyCommand"});
    docks.checkpoints()->selectionMenu()->setTitle(tr("&Select"));
    probe->addMenu(docks.checkpoints()->selectionMenu());
    for (QMenu* menu : {file, edit, view, navigate, phases, probe, fork})
        menu->setToolTipsVisible(true);
    return menus;
}

}  // namespace gridscope::app
