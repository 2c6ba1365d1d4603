// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_lab_page.h"

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QResizeEvent>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "views/models/fork_run_model.h"
#include "views/pages/fork_cost_panel.h"
#include "views/pages/fork_designer.h"
#include "views/pages/fork_results_view.h"
#include "views/panels/state_overlay.h"
#include "views/plot/schedule_plot.h"

namespace gridscope::views {

namespace {

constexpr int kPreviewTab = 1;  ///< where there is no room for it beside the form

QLabel* sentence(const char* name, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

}  // namespace

ForkLabPage::ForkLabPage(const GridChooserSpec& grids, QWidget* parent)
    : Page(QStringLiteral("pageForkLab"), tr("Fork Lab"), parent),
      m_commands(new QToolBar(this)),
      m_why(sentence("forkProblem", this)),
      m_said(sentence("forkSaid", this)),
      m_tabs(new QTabWidget(this)),
      m_runs(new ForkRunModel(this)),
      m_results(new ForkResultsView) {
    m_commands->setObjectName(QStringLiteral("forkCommands"));
    m_commands->setAccessibleName(tr("Commands of the experiment"));
    m_commands->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_tabs->setObjectName(QStringLiteral("forkTabs"));
    m_tabs->setAccessibleName(tr("Parts of the experiment"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(buildDesign(grids), tr("Design"));
    m_runsPage = buildRuns();
    m_tabs->addTab(m_runsPage, tr("Runs"));
    m_tabs->insertTab(kPreviewTab, m_side, tr("Preview"));
    auto* results = new QScrollArea(this);
    results->setObjectName(QStringLiteral("forkResultsScroll"));
    results->setAccessibleName(tr("Results"));
    results->setFrameShape(QFrame::NoFrame);
    results->setWidgetResizable(true);
    results->setWidget(m_results);
    m_tabs->addTab(results, tr("Results"));
    auto* top = new QWidget(this);
    auto* layout = new QVBoxLayout(top);
    layout->setContentsMargins(layout->contentsMargins().left(), 0,
                               layout->contentsMargins().right(), 0);
    layout->addWidget(m_commands);
    layout->addWidget(m_why);
    layout->addWidget(m_said);
    addContent(top, 0);
    addContent(m_tabs, 1);
    overlay()->setErrorButton(tr("Choose Fork Point..."));
    connect(m_designer, &ForkDesigner::changed, this, [this] {
        showChoice();
        emit choiceChanged();
    });
    connect(m_designer, &ForkDesigner::editingFinished, this, &ForkLabPage::editingFinished);
    showChoice();
}

QWidget* ForkLabPage::buildDesign(const GridChooserSpec& grids) {
    m_designer = new ForkDesigner(grids);
    m_form = new QScrollArea(this);
    m_form->setObjectName(QStringLiteral("forkDesignScroll"));
    m_form->setAccessibleName(tr("Design of the experiment"));
    m_form->setFrameShape(QFrame::NoFrame);
    m_form->setWidgetResizable(true);
    m_form->setWidget(m_designer);
    m_preview = new SchedulePlot;
    m_cost = new ForkCostPanel;
    m_side = new QWidget(this);
    m_side->setObjectName(QStringLiteral("forkSide"));
    auto* column = new QVBoxLayout(m_side);
    column->addWidget(m_preview, 1);
    column->addWidget(m_cost);
    m_split = new QSplitter(Qt::Horizontal, this);
    m_split->setObjectName(QStringLiteral("forkSplitter"));
    m_split->setChildrenCollapsible(false);
    m_split->addWidget(m_form);
    return m_split;
}

QWidget* ForkLabPage::buildRuns() {
    m_table = new QTableView(this);
    m_table->setObjectName(QStringLiteral("forkRunTable"));
    m_table->setAccessibleName(tr("Runs of the experiment"));
    m_table->setModel(m_runs);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setAlternatingRowColors(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().lineSpacing() * 3 / 2);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_openTrajectory = new QAction(tr("Open Trajectory"), this);
    m_openTrajectory->setObjectName(QStringLiteral("forkOpenTrajectory"));
    auto* button = new QToolButton(this);
    button->setDefaultAction(m_openTrajectory);
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    layout->addWidget(m_table, 1);
    layout->addWidget(button, 0, Qt::AlignLeft);
    connect(m_openTrajectory, &QAction::triggered, this, &ForkLabPage::openCurrentTrajectory);
    connect(m_table, &QAbstractItemView::activated, this, &ForkLabPage::openCurrentTrajectory);
    connect(m_table, &QWidget::customContextMenuRequested, this, &ForkLabPage::showRunMenu);
    const auto refresh = [this] {
        const bool canOpen = !currentTrajectory().isEmpty();
        m_openTrajectory->setEnabled(canOpen);
        m_openTrajectory->setToolTip(canOpen ? tr("Show the selected run in the dashboard")
                                             : tr("Select a run that is probed."));
    };
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, refresh);
    connect(m_runs, &QAbstractItemModel::modelReset, this, refresh);
    connect(m_runs, &QAbstractItemModel::dataChanged, this, refresh);
    refresh();
    return page;
}

void ForkLabPage::setCommands(const QList<QAction*>& commands) {
    for (QAction* command : commands) {
        if (command == nullptr) {
            m_commands->addSeparator();
            continue;
        }
        m_commands->addAction(command);
        auto* button = qobject_cast<QToolButton*>(m_commands->widgetForAction(command));
        if (button != nullptr && command->menu() != nullptr)
            button->setPopupMode(QToolButton::InstantPopup);
    }
}

ForkChoice ForkLabPage::choice() const { return m_designer->choice(); }

void ForkLabPage::setChoice(const ForkChoice& choice) {
    m_designer->setChoice(choice);
    showChoice();
}

void ForkLabPage::showChoice() {
    m_preview->setDesign(choice().design);
    placePreview();  // another condition may need more room
    showMessages();
}

void ForkLabPage::showStatus(const ForkStatus& status) {
    m_status = status;
    m_designer->setEditing(status.isRunning    ? ForkEditing::Nothing
                           : choice().isOpened ? ForkEditing::Sources
                                               : ForkEditing::Everything);
    m_runs->setRuns(status.runs);
    showMessages();
}

QString ForkLabPage::designProblem() const { return m_designer->problem(); }

QString ForkLabPage::problem() const {
    if (m_status.isRunning) return tr("The experiment is running.");
    if (!m_status.obstacle.isEmpty()) return m_status.obstacle;
    if (const QString why = designProblem(); !why.isEmpty()) return why;
    if (m_status.unusable) return errorSentence(*m_status.unusable);
    return m_status.cost ? QString() : tr("Files are being read to say what it takes.");
}

void ForkLabPage::showOverlay() {
    if (!choice().checkpoint.isEmpty() || m_status.isRunning)
        overlay()->clear();
    else if (!m_status.failure.isEmpty())
        overlay()->showError(m_status.failure, {}, m_status.failure);
    else
        overlay()->showEmpty(tr("Choose the checkpoint from which training goes on under several "
                                "learning-rate schedules."),
                             tr("Choose Fork Point..."));
}

void ForkLabPage::showMessages() {
    showOverlay();
    const QString why = m_status.isRunning ? QString() : problem();
    m_why->setText(why.isEmpty() ? QString() : tr("Cannot run yet: %1").arg(why));
    m_why->setVisible(!why.isEmpty());
    const QString said = m_status.failure.isEmpty() ? m_status.said : m_status.failure;
    m_said->setText(said);
    m_said->setVisible(!said.isEmpty());
    m_cost->showCost(m_status, designProblem());
}

void ForkLabPage::showRuns() { m_tabs->setCurrentWidget(m_runsPage); }

void ForkLabPage::showResults() { m_tabs->setCurrentIndex(m_tabs->count() - 1); }

void ForkLabPage::setTheme(Theme theme) {
    m_preview->setTheme(theme);
    m_results->setTheme(theme);
    m_designer->setStyle(m_preview->plotStyle());
}

QString ForkLabPage::currentTrajectory() const {
    const int row = m_table->currentIndex().row();
    if (row < 0 || row >= m_runs->rowCount()) return {};
    return m_runs->runs()[static_cast<std::size_t>(row)].trajectory;
}

void ForkLabPage::openCurrentTrajectory() {
    if (const QString file = currentTrajectory(); !file.isEmpty()) emit trajectoryRequested(file);
}

void ForkLabPage::showRunMenu(const QPoint& at) {
    if (!m_table->indexAt(at).isValid()) return;
    QMenu menu;
    menu.addAction(m_openTrajectory);
    menu.exec(m_table->viewport()->mapToGlobal(at));
}

void ForkLabPage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    placePreview();
}

void ForkLabPage::placePreview() {
    const int form =
        m_designer->minimumSizeHint().width() + m_form->verticalScrollBar()->sizeHint().width();
    const QSize least = m_preview->minimumSizeHint();
    // Beside the form only where it can be read: a plot of ten lines is below commands and tabs.
    const bool isBeside = width() >= form + least.width() && height() >= least.height() * 5 / 2;
    m_form->setMinimumWidth(isBeside ? form : fontMetrics().averageCharWidth() * 24);
    if (isBeside == (m_split->count() > 1)) return;
    if (isBeside) {
        m_split->addWidget(m_side);
        m_split->setStretchFactor(0, 0);
        m_split->setStretchFactor(1, 1);
        m_split->setSizes({form, width() - form});
        m_side->show();
    } else {
        m_tabs->insertTab(kPreviewTab, m_side, tr("Preview"));
    }
}

}  // namespace gridscope::views
