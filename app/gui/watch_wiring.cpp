// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/watch_wiring.h"

#include <QDir>
#include <QFileInfo>

#include "app/control/workbench_controller.h"
#include "app/gui/main_window.h"
#include "views/dialogs/probe_dialog.h"
#include "views/pages/watch_page.h"
#include "views/plot/dashboard_plot.h"

namespace gridscope::app {

WatchWiring::WatchWiring(MainWindow& window, WorkbenchController& controller)
    : QObject(&window),
      m_window(window),
      m_controller(controller),
      m_plot(new views::DashboardPlot(nullptr, QStringLiteral("plotWatch"))),
      m_page(new views::WatchPage(m_plot)) {
    m_plot->setPanels({views::gapPanel(), views::perplexityPanel()});
    m_plot->setEmptyText(
        tr("The curves of the watched folder appear here as its checkpoints are "
           "measured."));
    addCommand();
    connect(m_page, &views::WatchPage::toggleRequested, this, &WatchWiring::toggle);
    connect(m_page, &views::WatchPage::probeSettingsRequested, this, &WatchWiring::askForProbe);
    connect(m_page, &views::WatchPage::alertsDismissed, &controller.watch(),
            &WatchControl::dismissAlerts);
    connect(m_page, &views::WatchPage::choiceChanged, &window.actions(), &ActionRegistry::refresh);
    connect(&controller.watch(), &WatchControl::statusChanged, this, &WatchWiring::showStatus);
    connect(&controller.watch(), &WatchControl::runningChanged, &window.actions(),
            &ActionRegistry::refresh);
    connect(&controller.probe(), &ProbeControl::runningChanged, this, &WatchWiring::showStatus);
    connect(&controller.sessions(), &SessionList::sessionChanged, this, [this](views::RunId run) {
        if (run == m_controller.watch().run()) showData();
    });
    connect(&controller.sessions(), &SessionList::listChanged, this, &WatchWiring::showData);
    connect(m_plot, &views::DashboardPlot::rangeRequested, &controller.navigation(),
            &NavigationControl::setRange);
    connect(m_plot, &views::DashboardPlot::fitRequested, &controller.navigation(),
            &NavigationControl::fitAll);
    connect(&controller.navigation(), &NavigationControl::valuesFitRequested, m_plot,
            &views::DashboardPlot::fitValues);
    connect(m_plot, &views::DashboardPlot::stepScaleToggled, &controller.navigation(),
            &NavigationControl::toggleStepScale);
    connect(&controller.history(), &views::NavigationHistory::stateChanged, this,
            [this](const views::NavigationState& state, views::NavigationFields changed) {
                m_plot->showState(state, changed);
            });
    showData();
    showStatus();
}

void WatchWiring::setTheme(views::Theme theme) { m_plot->setTheme(theme); }

void WatchWiring::addCommand() {
    m_window.actions().add({QStringLiteral("watch.toggle"),
                            tr("Start or Stop &Watching"),
                            {},
                            QKeySequence(QStringLiteral("Ctrl+Shift+W")),
                            tr("Probe the checkpoints of a growing folder as they come"),
                            [this] { return m_page->problem(); },
                            [this] { toggle(); }});
}

void WatchWiring::toggle() {
    WatchControl& watch = m_controller.watch();
    if (watch.isRunning()) {
        watch.stop();
    } else if (m_page->problem().isEmpty()) {
        watch.start(m_page->choice());
    }
}

void WatchWiring::askForProbe() {
    const views::WatchChoice choice = m_page->choice();
    views::ProbeChoice probe = choice.probe;
    if (probe.output.isEmpty() && !choice.folder.isEmpty()) {
        // Beside the folder, so that the checkpoints stay as they are.
        const QDir folder(choice.folder);
        probe.output = QDir(QFileInfo(folder.absolutePath()).absolutePath())
                           .filePath(QString(folder.dirName() % QStringLiteral(".h5")));
    }
    views::ProbeDialog dialog(m_controller.probeQuestion(), probe, &m_window);
    dialog.setWindowTitle(tr("Probe Watched Checkpoints"));
    if (dialog.exec() == QDialog::Accepted) m_page->setProbeChoice(dialog.choice());
}

void WatchWiring::showData() {
    const RunSession* run = m_controller.sessions().find(m_controller.watch().run());
    m_plot->showState(m_controller.history().state(), views::NavigationField::All);
    m_plot->setData(run == nullptr ? nullptr : run->table);
    m_plot->setPhases(run == nullptr ? views::PhaseBands() : run->bands);
}

void WatchWiring::showStatus() {
    views::WatchStatus status = m_controller.watch().status();
    status.obstacle = m_controller.watchObstacle();
    m_page->showStatus(status);
    m_window.actions().refresh();
}

}  // namespace gridscope::app
