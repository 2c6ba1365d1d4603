// SPDX-License-Identifier: GPL-3.0-or-later

// Every command of the window: id, text, shortcut, rule.

#include <QApplication>

#include "app/control/workbench_controller.h"
#include "app/gui/main_window.h"

namespace gridscope::app {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Actions", text); }

void addFileActions(MainWindow& window, WorkbenchController& controller) {
    ActionRegistry& actions = window.actions();
    const auto needsRun = [&controller] {
        return controller.session() == nullptr ? tr("No run is open.") : QString();
    };
    const auto needsData = [&controller] {
        const RunSession* run = controller.session();
        return run == nullptr || run->table == nullptr ? tr("Nothing is measured yet.") : QString();
    };
    actions.add({QStringLiteral("file.openFolder"),
                 tr("Open Checkpoint &Folder..."),
                 QStringLiteral("open"),
                 QKeySequence(QStringLiteral("Ctrl+O")),
                 {},
                 {},
                 [&window] { window.askForFolder(); }});
    actions.add({QStringLiteral("file.openTrajectory"),
                 tr("Open &Trajectory..."),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+Shift+O")),
                 {},
                 {},
                 [&window] { window.askForTrajectory(); }});
    actions.add({QStringLiteral("file.exportFigure"),
                 tr("&Export Figure..."),
                 QStringLiteral("export"),
                 QKeySequence(QStringLiteral("Ctrl+E")),
                 {},
                 needsData,
                 [&window] { window.askForFigure(); }});
    actions.add({QStringLiteral("file.closeRun"),
                 tr("&Close Run"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+W")),
                 {},
                 needsRun,
                 [&controller] { controller.closeRun(controller.history().state().run); }});
    actions.add({QStringLiteral("file.quit"),
                 tr("&Quit"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+Q")),
                 {},
                 {},
                 [&window] { window.close(); }});
}

void addViewActions(MainWindow& window, WorkbenchController& controller) {
    ActionRegistry& actions = window.actions();
    actions.add({QStringLiteral("edit.find"),
                 tr("&Filter Checkpoints"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+F")),
                 {},
                 {},
                 [&window] { window.focusFilter(); }});
    actions.add({QStringLiteral("view.dashboard"),
                 tr("&Dashboard"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+1")),
                 {},
                 {},
                 [&window] { window.showPage(0); }});
    actions.add({QStringLiteral("view.layers"),
                 tr("&Layers"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+2")),
                 {},
                 {},
                 [&window] { window.showPage(1); }});
    actions.add({QStringLiteral("view.forkLab"),
                 tr("F&ork Lab"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+4")),
                 {},
                 {},
                 [&window] { window.showPage(2); }});
    actions.add({QStringLiteral("view.watch"),
                 tr("&Watch"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+5")),
                 {},
                 {},
                 [&window] { window.showPage(3); }});
    actions.add({QStringLiteral("view.fit"),
                 tr("&Fit"),
                 QStringLiteral("fit"),
                 QKeySequence(QStringLiteral("Ctrl+0")),
                 {},
                 {},
                 [&controller] { controller.navigation().fitAll(); }});
    actions.add({QStringLiteral("view.stepScale"),
                 tr("&Logarithmic Steps On/Off"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+L")),
                 {},
                 {},
                 [&controller] { controller.navigation().toggleStepScale(); }});
    actions.add({QStringLiteral("view.asTable"),
                 tr("Show Data as &Table..."),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+T")),
                 {},
                 [&controller] {
                     const RunSession* run = controller.session();
                     return run == nullptr || run->table == nullptr ? tr("Nothing is measured yet.")
                                                                    : QString();
                 },
                 [&window] { window.showDataAsTable(); }});
    const auto addTheme = [&](const char* id, const QString& text, views::Theme theme) {
        actions.add({QString::fromLatin1(id), text, {}, {}, {}, {}, [&window, theme] {
                         window.setTheme(theme);
                     }});
    };
    addTheme("view.themeSystem", tr("Theme: &System"), views::Theme::System);
    addTheme("view.themeLight", tr("Theme: &Light"), views::Theme::Light);
    addTheme("view.themeDark", tr("Theme: &Dark"), views::Theme::Dark);
    actions.add(
        {QStringLiteral("view.resetLayout"), tr("&Reset Layout"), {}, {}, {}, {}, [&window] {
             window.resetLayout();
         }});
    actions.add({QStringLiteral("view.reload"),
                 tr("Re&scan"),
                 {},
                 QKeySequence(QStringLiteral("F5")),
                 {},
                 [&controller] {
                     const RunSession* run = controller.session();
                     return run == nullptr || run->folder.empty() ? tr("No folder is open.")
                                                                  : QString();
                 },
                 [&controller] { controller.rescan(); }});
    actions.add(
        {QStringLiteral("view.fullScreen"),
         tr("F&ull Screen"),
         {},
         QKeySequence(QStringLiteral("F11")),
         {},
         {},
         [&window] { window.setWindowState(window.windowState() ^ Qt::WindowFullScreen); }});
}

void addNavigationActions(MainWindow& window, WorkbenchController& controller) {
    ActionRegistry& actions = window.actions();
    const auto needsRun = [&controller] {
        return controller.session() == nullptr ? tr("No run is open.") : QString();
    };
    actions.add({QStringLiteral("nav.back"),
                 tr("&Back"),
                 QStringLiteral("back"),
                 QKeySequence(QStringLiteral("Alt+Left")),
                 {},
                 [&controller] {
                     return controller.history().canGoBack() ? QString()
                                                             : tr("There is nothing before this.");
                 },
                 [&controller] { controller.history().back(); }});
    actions.add({QStringLiteral("nav.forward"),
                 tr("&Forward"),
                 QStringLiteral("forward"),
                 QKeySequence(QStringLiteral("Alt+Right")),
                 {},
                 [&controller] {
                     return controller.history().canGoForward()
                                ? QString()
                                : tr("There is nothing after this.");
                 },
                 [&controller] { controller.history().forward(); }});
    actions.add({QStringLiteral("nav.goToStep"),
                 tr("&Go to Step..."),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+G")),
                 {},
                 needsRun,
                 [&window] { window.askForStep(); }});
    actions.add({QStringLiteral("nav.minPerplexity"),
                 tr("FP32 &Minimum"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+Shift+M")),
                 {},
                 needsRun,
                 [&controller] { controller.navigation().goToMinimumPerplexity(); }});
}

void addProbeActions(MainWindow& window, WorkbenchController& controller) {
    ActionRegistry& actions = window.actions();
    const auto needsProbe = [&controller] {
        return controller.probe().isRunning() ? QString() : tr("No probe is running.");
    };
    actions.add({QStringLiteral("probe.start"),
                 tr("&Probe Checked Checkpoints..."),
                 QStringLiteral("probe"),
                 QKeySequence(QStringLiteral("F9")),
                 {},
                 [&controller] { return controller.probeObstacle(); },
                 [&window] { window.askForProbe(); }});
    actions.add(
        {QStringLiteral("probe.pause"),
         tr("Pa&use"),
         QStringLiteral("pause"),
         QKeySequence(QStringLiteral("Shift+F9")),
         {},
         needsProbe,
         [&controller] { controller.probe().togglePause(); },
         {},
         [&controller] { return controller.probe().isPaused() ? tr("Res&ume") : tr("Pa&use"); }});
    actions.add({QStringLiteral("probe.cancel"),
                 tr("&Cancel"),
                 QStringLiteral("cancel"),
                 QKeySequence(QStringLiteral("Ctrl+F9")),
                 {},
                 needsProbe,
                 [&controller] { controller.probe().cancel(); }});
    actions.add({QStringLiteral("probe.retry"),
                 tr("&Go On with the Last Probe"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+Shift+F9")),
                 {},
                 [&controller] {
                     const QString why = controller.probeObstacle();
                     if (!why.isEmpty()) return why;
                     return controller.session()->lastChoice.output.isEmpty()
                                ? tr("Nothing was probed in this run yet.")
                                : QString();
                 },
                 [&controller] { controller.resumeProbe(); }});
    actions.add({QStringLiteral("probe.audit"),
                 tr("Run &Audit"),
                 {},
                 QKeySequence(QStringLiteral("F7")),
                 {},
                 [&controller] { return controller.auditObstacle(); },
                 [&window] { window.runAudit(); }});
}

}  // namespace

void addWindowActions(MainWindow& window, WorkbenchController& controller) {
    addFileActions(window, controller);
    addViewActions(window, controller);
    addNavigationActions(window, controller);
    addProbeActions(window, controller);
}

}  // namespace gridscope::app
