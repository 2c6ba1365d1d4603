// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/main_window.h"

#include <QCloseEvent>
#include <QComboBox>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStatusBar>
#include <QTabWidget>
#include <QToolBar>

#include <utility>

#include "app/control/workbench_controller.h"
#include "app/gui/dock_set.h"
#include "app/gui/fork_wiring.h"
#include "app/gui/phase_commands.h"
#include "app/gui/plot_wiring.h"
#include "app/gui/reference_commands.h"
#include "app/gui/status_line.h"
#include "app/gui/watch_wiring.h"
#include "app/gui/window_menus.h"
#include "views/dialogs/export_dialog.h"
#include "views/dialogs/probe_dialog.h"
#include "views/pages/fork_lab_page.h"
#include "views/pages/page.h"
#include "views/pages/watch_page.h"
#include "views/panels/checkpoints_panel.h"
#include "views/panels/state_overlay.h"
#include "views/plot/plot_scale.h"

/// Icons lie in a static library, from which nothing pulls them by itself. Outside of namespaces,
/// as Q_INIT_RESOURCE demands.
static void registerIcons() { Q_INIT_RESOURCE(resources); }

namespace gridscope::app {

MainWindow::MainWindow(WorkbenchController& controller, SettingsStore& settings)
    : m_controller(controller), m_settings(settings) {
    registerIcons();
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(QStringLiteral("Gridscope"));
    setAcceptDrops(true);
    setMinimumSize(960, 600);  // logical, workbench.md 2
    resize(1440, 900);
    setDockOptions(AnimatedDocks | AllowTabbedDocks | AllowNestedDocks);
    buildPages();
    m_docks = new DockSet(*this, controller);
    connect(m_docks->checkpoints(), &views::CheckpointsPanel::selectionChanged, &m_actions,
            &ActionRegistry::refresh);
    m_fork->setSelection([this] { return m_docks->checkpoints()->selectedEntry(); });
    new StatusLine(*statusBar(), controller);
    addWindowActions(*this, controller);
    new PhaseCommands(*this, controller, *m_docks->phases());
    buildMenus();
    buildToolbar();
    m_firstLayout = saveState(SettingsStore::kLayoutVersion);
    const SettingsStore::Layout layout = settings.layout();
    if (!layout.geometry.isEmpty()) restoreGeometry(layout.geometry);
    m_laidOut =
        !layout.docks.isEmpty() && restoreState(layout.docks, SettingsStore::kLayoutVersion);

    connect(&controller, &WorkbenchController::viewStateChanged, this, &MainWindow::showViewState);
    connect(&controller, &WorkbenchController::dataChanged, this, &MainWindow::showChoices);
    connect(&controller, &WorkbenchController::opened, this, [this](const QString& path) {
        m_settings.addRecentItem(path);
        fillRecent();
    });
    connect(&controller, &WorkbenchController::message, this,
            [this](views::LogLevel level, const QString& text) {
                if (level == views::LogLevel::Error) m_docks->showJobs();
                statusBar()->showMessage(text, 8000);
            });
    connect(&controller.history(), &views::NavigationHistory::stateChanged, this,
            &MainWindow::showChoices);
    connect(&controller.history(), &views::NavigationHistory::availabilityChanged, &m_actions,
            &ActionRegistry::refresh);
    connect(&controller.probe(), &ProbeControl::runningChanged, &m_actions,
            &ActionRegistry::refresh);
    connect(&controller.jobs(), &JobRunner::jobChanged, this,
            [this, wasPaused = false](const views::JobStatus&) mutable {
                // The Jobs panel pauses as well; progress alone changes no command.
                const bool isPaused = m_controller.probe().isPaused();
                if (std::exchange(wasPaused, isPaused) != isPaused) m_actions.refresh();
            });
    connect(&controller.audit(), &AuditControl::changed, &m_actions, &ActionRegistry::refresh);
    connect(&controller.models().checkpoints, &views::CheckpointModel::ticksChanged, this,
            &MainWindow::showViewState);
    connect(m_plots, &PlotWiring::inspectorRequested, m_docks, &DockSet::focusInspector);
    setTheme(settings.theme());
    showViewState();
    showChoices();
}

void MainWindow::buildPages() {
    m_pages = new QTabWidget(this);
    m_pages->setObjectName(QStringLiteral("centralPages"));
    m_pages->setAccessibleName(tr("Pages"));
    m_pages->setDocumentMode(true);
    m_dashboard = new views::Page(QStringLiteral("pageDashboard"), tr("Dashboard"));
    m_layers = new views::Page(QStringLiteral("pageLayers"), tr("Layers"));
    m_pages->addTab(m_dashboard, tr("Dashboard"));
    m_pages->addTab(m_layers, tr("Layers"));
    setCentralWidget(m_pages);
    m_fork = new ForkWiring(*this, m_controller);
    m_pages->addTab(m_fork->page(), tr("Fork Lab"));
    m_watch = new WatchWiring(*this, m_controller);
    m_pages->addTab(m_watch->page(), tr("Watch"));
    m_plots = new PlotWiring(*m_dashboard, *m_layers, m_controller);
    for (views::Page* page : {m_dashboard, m_layers}) {
        connect(page, &views::Page::cancelRequested, &m_controller,
                &WorkbenchController::cancelLoading);
        connect(page, &views::Page::openRequested, this, [this] {
            if (m_offered == Offer::Probe)
                askForProbe();
            else
                askForFolder();
        });
    }
}

void MainWindow::buildMenus() {
    const WindowMenus menus = buildWindowMenus(*this, *m_docks);
    m_recent = menus.recent;
    addReferenceCommands(*this, m_controller, *menus.references);
    fillRecent();
}

void MainWindow::buildToolbar() {
    QToolBar* bar = addToolBar(tr("Main"));
    bar->setObjectName(QStringLiteral("toolbarMain"));
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    const auto add = [this, bar](const char* id, const QString& text) {
        QAction* action = m_actions.find(QString::fromLatin1(id));
        action->setIconText(text);
        bar->addAction(action);
    };
    add("file.openFolder", tr("Open"));
    bar->addSeparator();
    add("probe.start", tr("Probe"));
    add("probe.pause", tr("Pause"));
    add("probe.cancel", tr("Cancel"));
    bar->addSeparator();
    add("nav.back", tr("Back"));
    add("nav.forward", tr("Forward"));
    bar->addSeparator();
    m_metric = new QComboBox(bar);
    m_metric->setObjectName(QStringLiteral("metricBox"));
    m_metric->setAccessibleName(tr("Metric"));
    for (const MetricInfo& metric : metricTable())
        m_metric->addItem(
            QString::fromUtf8(metric.title.data(), static_cast<qsizetype>(metric.title.size())),
            QString::fromUtf8(metric.id.data(), static_cast<qsizetype>(metric.id.size())));
    m_grid = new QComboBox(bar);
    m_grid->setObjectName(QStringLiteral("gridBox"));
    m_grid->setAccessibleName(tr("Grid"));
    m_grid->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    bar->addWidget(m_metric);
    bar->addWidget(m_grid);
    add("view.fit", tr("Fit"));
    add("file.exportFigure", tr("Export"));
    connect(m_metric, &QComboBox::activated, this, [this](int row) {
        m_controller.navigation().setMetric(m_metric->itemData(row).toString());
    });
    connect(m_grid, &QComboBox::activated, this,
            [this](int row) { m_controller.navigation().setGrid(m_grid->itemText(row)); });
}

void MainWindow::showViewState() {
    const ViewState state = m_controller.viewState();
    m_offered = offer();
    const QString button = m_offered == Offer::Probe ? tr("Probe...") : tr("Open Folder...");
    for (views::Page* page : {m_dashboard, m_layers}) {
        page->setBadge(state.badge);
        switch (state.kind) {
        case ViewState::Kind::Data:
            page->overlay()->clear();
            break;
        case ViewState::Kind::Loading:
            page->overlay()->showLoading(state.sentence);
            break;
        case ViewState::Kind::Failed:
            page->overlay()->setErrorButton(button);
            page->overlay()->showError(state.sentence, state.hint, state.details);
            break;
        case ViewState::Kind::Empty:
            page->overlay()->showEmpty(state.sentence, button);
            break;
        }
    }
    m_actions.refresh();
}

MainWindow::Offer MainWindow::offer() const {
    return m_controller.probeObstacle().isEmpty() ? Offer::Probe : Offer::OpenFolder;
}

void MainWindow::showChoices() {
    const views::NavigationState& state = m_controller.history().state();
    const RunSession* run = m_controller.session();
    const QSignalBlocker blockMetric(m_metric);
    const QSignalBlocker blockGrid(m_grid);
    m_metric->setCurrentIndex(m_metric->findData(state.metric));
    m_grid->clear();
    if (run != nullptr && run->table)
        for (const std::string& id : run->table->trajectory().gridIds)
            m_grid->addItem(QString::fromStdString(id));
    m_grid->setCurrentIndex(m_grid->findText(state.grid));
    setWindowTitle(run == nullptr ? QStringLiteral("Gridscope")
                                  : tr("%1 – Gridscope").arg(run->name));
    m_actions.refresh();
}

void MainWindow::fillRecent() {
    m_recent->clear();
    for (const QString& path : m_settings.recentItems())
        connect(m_recent->addAction(path), &QAction::triggered, this,
                [this, path] { m_controller.open(path); });
    m_recent->setEnabled(!m_recent->isEmpty());
}

void MainWindow::setTheme(views::Theme theme) {
    m_settings.setTheme(theme);
    const views::Theme shown = m_palette.apply(theme);
    m_plots->setTheme(shown);
    m_fork->setTheme(shown);
    m_watch->setTheme(shown);
}

void MainWindow::resetLayout() {
    m_settings.forgetLayout();
    restoreState(m_firstLayout, SettingsStore::kLayoutVersion);
    for (QDockWidget* dock : m_docks->docks()) dock->show();
    m_docks->shareOut(*this);
}

void MainWindow::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    if (!std::exchange(m_laidOut, true)) m_docks->shareOut(*this);
}

void MainWindow::showPage(int page) { m_pages->setCurrentIndex(page); }

void MainWindow::showPage(QWidget* page) { m_pages->setCurrentWidget(page); }

void MainWindow::focusFilter() { m_docks->checkpoints()->focusFilter(); }

void MainWindow::askForFolder() {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open Checkpoint Folder"));
    if (!path.isEmpty()) m_controller.open(path);
}

void MainWindow::askForTrajectory() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Open Trajectory"), {},
                                                      tr("Trajectories (*.h5);;All files (*)"));
    if (!path.isEmpty()) m_controller.open(path);
}

void MainWindow::askForProbe() {
    views::ProbeDialog dialog(m_controller.probeQuestion(), m_controller.suggestedChoice(), this);
    if (dialog.exec() == QDialog::Accepted) m_controller.startProbe(dialog.choice());
}

void MainWindow::askForStep() {
    bool ok = false;
    const double step =
        QInputDialog::getDouble(this, tr("Go to Step"), tr("Step:"), 0.0, 0.0, 1e12, 0, &ok);
    if (ok) m_controller.navigation().goToStep(step);
}

void MainWindow::askForFigure() {
    const RunSession* run = m_controller.session();
    if (run == nullptr || run->table == nullptr) return;
    const views::NavigationState& state = m_controller.history().state();
    views::FigureInput input{run->table, run->bands, {}};
    input.spec.name =
        m_pages->currentIndex() == 0 ? QStringLiteral("overview") : QStringLiteral("histogram");
    input.spec.grid = state.grid;
    input.spec.layer = state.layer.value_or(-1);
    input.spec.stepScale = state.stepScale;
    input.spec.layerMetric = state.metric;
    const auto range = state.ranges.find(views::stepGroup(state.stepScale));
    if (range != state.ranges.end()) input.spec.stepRange = range->second;
    const int current = m_controller.navigation().currentRow();
    std::vector<int> rows = run->overlay;
    std::erase(rows, current);
    if (current >= 0) rows.insert(rows.begin(), current);
    for (const int row : rows)
        input.spec.steps.push_back(run->table->steps()[static_cast<std::size_t>(row)]);
    views::ExportDialog dialog(std::move(input), this);
    if (dialog.exec() == QDialog::Accepted)
        statusBar()->showMessage(tr("Written: %1").arg(dialog.writtenPath()), 8000);
}

void MainWindow::showDataAsTable() { m_plots->showTable(); }

void MainWindow::runAudit() {
    m_docks->showAudit();
    m_controller.startAudit();
}

bool MainWindow::confirmQuit() {
    if (!m_controller.jobs().isBusy()) return true;
    QMessageBox box(
        QMessageBox::Question, tr("A job is running"),
        tr("What is measured or trained so far is kept; started again, it goes on from there."),
        QMessageBox::NoButton, this);
    box.setObjectName(QStringLiteral("quitQuestion"));
    QAbstractButton* keep = box.addButton(tr("Keep Running"), QMessageBox::RejectRole);
    QAbstractButton* stop = box.addButton(tr("Stop and Quit"), QMessageBox::AcceptRole);
    keep->setObjectName(QStringLiteral("keepRunning"));
    stop->setObjectName(QStringLiteral("stopAndQuit"));
    box.exec();
    return box.clickedButton() == stop;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!confirmQuit()) {
        event->ignore();
        return;
    }
    m_settings.setLayout({saveGeometry(), saveState(SettingsStore::kLayoutVersion)});
    m_settings.sync();  // the program may end without its destructors
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    for (const QUrl& url : event->mimeData()->urls()) {
        const QFileInfo info(url.toLocalFile());
        if (info.isDir() || info.suffix() == QStringLiteral("h5")) {
            m_controller.open(info.filePath());
        } else {
            statusBar()->showMessage(
                tr("%1 is neither a folder nor a .h5 file.").arg(info.fileName()), 8000);
        }
    }
    event->acceptProposedAction();
}

void MainWindow::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::BackButton) m_controller.history().back();
    if (event->button() == Qt::ForwardButton) m_controller.history().forward();
    QMainWindow::mousePressEvent(event);
}

}  // namespace gridscope::app
