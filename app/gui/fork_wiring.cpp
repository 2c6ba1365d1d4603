// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/fork_wiring.h"

#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QStatusBar>

#include <utility>

#include "app/control/fork_settings.h"
#include "app/control/workbench_controller.h"
#include "app/gui/fork_results_wiring.h"
#include "app/gui/main_window.h"
#include "views/dialogs/plot_table_dialog.h"
#include "views/pages/fork_lab_page.h"
#include "views/pages/fork_results_view.h"
#include "views/plot/schedule_plot.h"

namespace gridscope::app {

namespace {

views::GridChooserSpec gridSpec(WorkbenchController& controller) {
    const views::ProbeQuestion question = controller.probeQuestion();
    return {QStringLiteral("fork"), question.grids, question.gridProblem};
}

}  // namespace

ForkWiring::ForkWiring(MainWindow& window, WorkbenchController& controller)
    : QObject(&window),
      m_window(window),
      m_controller(controller),
      m_page(new views::ForkLabPage(gridSpec(controller))) {
    addCommands();
    connectPage();
    connectControl();
    controller.fork().choose(m_page->choice(), m_page->designProblem());
    controller.fork().adopt(m_page->choice());
}

void ForkWiring::setTheme(views::Theme theme) { m_page->setTheme(theme); }

QAction* ForkWiring::add(const char* id, const QString& text, const QString& tip,
                         std::function<QString()> obstacle, std::function<void()> run) {
    return m_window.actions().add(
        {QString::fromLatin1(id), text, {}, {}, tip, std::move(obstacle), std::move(run)});
}

void ForkWiring::addCommands() {
    const auto idle = [this] { return runningObstacle(); };
    add("fork.new", tr("&New Experiment"),
        tr("Keep the design, and choose another folder for its results"), idle,
        [this] { startAnew(); });
    QAction* selected = add(
        "fork.fromSelected", tr("Fork from &Selected Checkpoint"),
        tr("Go on from the checkpoint that is selected in the Checkpoints panel"),
        [this] {
            if (const QString why = runningObstacle(); !why.isEmpty()) return why;
            return selectedFolder().isEmpty() ? tr("No checkpoint on disk is selected.")
                                              : QString();
        },
        [this] { forkFromSelected(); });
    QAction* open = add("fork.open", tr("&Open Experiment..."),
                        tr("Show a fork experiment that is on disk, or go on with it"), idle,
                        [this] { openExperiment(); });
    QAction* paper = add("fork.presetPaper", tr("&Paper (70,000; 3 × 3; 30,000 steps)"),
                         tr("The design of the paper; its bump rate is not known"), idle,
                         [this] { applyDesign(views::paperForkDesign()); });
    QAction* small =
        add("fork.presetSmall", tr("&Small (minutes)"), tr("Short runs of a small model"), idle,
            [this] { applyDesign(views::smallForkDesign()); });
    QAction* run = add(
        "fork.run", tr("&Run Experiment"), tr("Train and probe every condition with every seed"),
        [this] { return m_page->problem(); }, [this] { this->run(); });
    QAction* cancel = add(
        "fork.cancel", tr("&Interrupt Experiment"), tr("Stop; what was trained and probed is kept"),
        [this] {
            return m_controller.fork().isRunning() ? QString() : tr("No experiment is running.");
        },
        [this] { m_controller.fork().cancel(); });
    QAction* copy = add(
        "fork.copyCommand", tr("&Copy as Command Line"),
        tr("Copy the gridscope-cli command of this experiment"),
        [this] { return m_page->designProblem(); }, [this] { copyCommand(); });
    const auto icon = [](const char* name) {
        return QIcon(QStringLiteral(":/icons/%1.svg").arg(QString::fromLatin1(name)));
    };
    run->setIcon(icon("run"));
    cancel->setIcon(icon("cancel"));
    selected->setIcon(icon("fork"));
    open->setIcon(icon("open"));
    copy->setIcon(icon("duplicate"));
    run->setIconText(tr("Run"));
    cancel->setIconText(tr("Interrupt"));
    selected->setIconText(tr("Fork from Selected"));
    open->setIconText(tr("Open..."));
    copy->setIconText(tr("Copy Command"));
    auto* presets = new QMenu(tr("Presets"), m_page);
    presets->setToolTipsVisible(true);
    presets->addActions({paper, small});
    m_page->setCommands({run, cancel, nullptr, selected, presets->menuAction(), open, copy});
}

void ForkWiring::connectPage() {
    ForkControl& fork = m_controller.fork();
    connect(m_page, &views::ForkLabPage::choiceChanged, this,
            [this] { m_controller.fork().choose(m_page->choice(), m_page->designProblem()); });
    connect(m_page, &views::ForkLabPage::editingFinished, &fork, &ForkControl::finishEdit);
    connect(m_page, &views::Page::openRequested, this, &ForkWiring::chooseForkPoint);
    connect(m_page, &views::ForkLabPage::trajectoryRequested, this, [this](const QString& file) {
        m_controller.open(file);
        m_window.showPage(0);
    });
    connect(m_page->results(), &views::ForkResultsView::gridChosen, &fork, &ForkControl::setGrid);
    connect(new ForkResultsWiring(*m_page->results()), &ForkResultsWiring::message,
            m_window.statusBar(),
            [this](const QString& text) { m_window.statusBar()->showMessage(text, 8000); });
    connect(m_page->preview(), &views::PlotWidget::asTableRequested, this,
            &ForkWiring::showPreviewTable);
}

void ForkWiring::connectControl() {
    ForkControl& fork = m_controller.fork();
    connect(&fork, &ForkControl::statusChanged, this, &ForkWiring::showStatus);
    connect(&fork, &ForkControl::reportChanged, this, [this] {
        const auto report = m_controller.fork().report();
        m_page->results()->showReport(report);
        if (report != nullptr && std::exchange(m_resultsAreFirst, false)) m_page->showResults();
    });
    connect(&fork, &ForkControl::choiceReplaced, this, [this](const views::ForkChoice& choice) {
        m_page->setChoice(choice);
        m_controller.fork().choose(m_page->choice(), m_page->designProblem());
    });
    connect(&m_controller, &WorkbenchController::experimentOpened, this, [this] {
        m_window.showPage(m_page);
        m_resultsAreFirst = true;
    });
    // Also when a probe or a watch begins or ends.
    connect(&m_controller, &WorkbenchController::viewStateChanged, this, &ForkWiring::showStatus);
}

QString ForkWiring::runningObstacle() const {
    return m_controller.fork().isRunning() ? tr("The experiment is running.") : QString();
}

QString ForkWiring::selectedFolder() const {
    const RunSession* run = m_controller.session();
    const int entry = m_selectedEntry();
    if (run == nullptr || run->catalog == nullptr || entry < 0 ||
        static_cast<std::size_t>(entry) >= run->catalog->entries.size())
        return {};
    const auto& folder = run->catalog->entries[static_cast<std::size_t>(entry)].folder;
    return QFile::decodeName(QByteArray::fromStdString(folder.string()));
}

void ForkWiring::chooseForkPoint() {
    const QString folder = QFileDialog::getExistingDirectory(
        &m_window, tr("Checkpoint to Fork From"), selectedFolder());
    if (!folder.isEmpty()) forkFrom(folder);
}

void ForkWiring::forkFromSelected() {
    m_window.showPage(m_page);
    forkFrom(selectedFolder());
}

void ForkWiring::forkFrom(const QString& folder) {
    views::ForkChoice choice = views::forkedFrom(m_page->choice(), folder);
    if (choice.out.isEmpty()) {
        // Beside the run, so that its checkpoints stay as they are.
        QDir place(folder);
        const QString name = place.dirName();
        place.cdUp();
        const QString run = place.dirName();
        if (place.cdUp()) choice.out = place.filePath(QStringLiteral("%1-%2-fork").arg(run, name));
    }
    m_controller.fork().edit(choice);
}

void ForkWiring::startAnew() {
    m_window.showPage(m_page);
    views::ForkChoice choice = m_page->choice();
    choice.isOpened = false;
    choice.out.clear();
    m_controller.fork().edit(choice);
    if (choice.checkpoint.isEmpty()) chooseForkPoint();
}

void ForkWiring::applyDesign(const ForkDesign& design) {
    m_window.showPage(m_page);
    m_controller.fork().edit(views::withDesign(m_page->choice(), design));
}

void ForkWiring::openExperiment() {
    const QString folder = QFileDialog::getExistingDirectory(&m_window, tr("Open Fork Experiment"),
                                                             m_page->choice().out);
    if (folder.isEmpty()) return;
    m_window.showPage(m_page);
    m_resultsAreFirst = true;
    m_controller.fork().open(folder);
}

bool ForkWiring::confirmed() const {
    const QStringList worries = m_page->status().worries();
    if (worries.isEmpty()) return true;
    QMessageBox box(QMessageBox::Question, tr("Run Experiment"), worries.join(u'\n'),
                    QMessageBox::NoButton, &m_window);
    box.setObjectName(QStringLiteral("forkQuestion"));
    box.setInformativeText(tr("It can be interrupted at any time and goes on where it stopped."));
    QAbstractButton* run = box.addButton(tr("Run Anyway"), QMessageBox::AcceptRole);
    run->setObjectName(QStringLiteral("forkRunAnyway"));
    QAbstractButton* stay = box.addButton(tr("Do Not Run"), QMessageBox::RejectRole);
    stay->setObjectName(QStringLiteral("forkDoNotRun"));
    box.exec();
    return box.clickedButton() == run;
}

void ForkWiring::run() {
    m_window.showPage(m_page);
    if (!m_page->problem().isEmpty() || !confirmed()) return;
    m_resultsAreFirst = false;
    m_controller.fork().start();
    m_page->showRuns();
}

void ForkWiring::copyCommand() {
    QGuiApplication::clipboard()->setText(forkCommandLine(m_page->choice()));
    m_window.statusBar()->showMessage(tr("The command is on the clipboard."), 8000);
}

void ForkWiring::showStatus() {
    views::ForkStatus status = m_controller.fork().status();
    status.obstacle = m_controller.forkObstacle();
    m_page->showStatus(status);
    m_window.actions().refresh();
}

void ForkWiring::showPreviewTable() {
    const views::SchedulePlot& preview = *m_page->preview();
    views::PlotTableDialog(preview.accessibleName(), preview.columns(), std::nullopt, &m_window)
        .exec();
}

}  // namespace gridscope::app
