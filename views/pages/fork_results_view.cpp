// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_results_view.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include "views/models/fork_tables.h"
#include "views/panels/cell_table_view.h"
#include "views/panels/state_overlay.h"
#include "views/plot/fork_plot.h"
#include "views/plot/trade_plot.h"

namespace gridscope::views {

namespace {

/// A label that wraps and shows text from files as it is.
QLabel* plainLabel(const char* name, const QString& accessibleName, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setAccessibleName(accessibleName);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setWordWrap(true);
    return label;
}

void setTextOrHide(QLabel* label, const QString& text) {
    label->setText(text);
    label->setVisible(!text.isEmpty());
}

/// Scrolls what does not fit, so that the view may be small.
QScrollArea* scrolled(QWidget* content, const QString& accessibleName) {
    auto* area = new QScrollArea;
    area->setAccessibleName(accessibleName);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setWidget(content);
    area->setFocusPolicy(Qt::NoFocus);
    return area;
}

}  // namespace

ForkResultsView::ForkResultsView(QWidget* parent)
    : QWidget(parent), m_content(new QWidget(this)), m_overlay(new StateOverlay(this)) {
    setObjectName(QStringLiteral("forkResultsView"));
    setAccessibleName(tr("Results of the fork experiment"));
    m_content->setAccessibleName(accessibleName());
    auto* split = new QSplitter(Qt::Vertical);
    split->setObjectName(QStringLiteral("forkResultsSplitter"));
    split->setAccessibleName(tr("Plots above, tables below"));
    split->addWidget(buildPlots());
    split->addWidget(buildTables());
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    split->setChildrenCollapsible(false);
    split->setSizes({3000, 2000});  // shares of whatever height there is
    m_summary = plainLabel("forkSummary", tr("Summary of the experiment"), this);
    auto* layout = new QVBoxLayout(m_content);
    layout->addWidget(m_summary);
    layout->addWidget(buildBar());
    layout->addWidget(split, 1);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins({});
    outer->addWidget(m_content);
    showReport(nullptr);
}

ForkResultsView::~ForkResultsView() = default;

QWidget* ForkResultsView::buildBar() {
    auto* bar = new QWidget;
    bar->setAccessibleName(tr("Grid, overlay and files"));
    m_grid = new QComboBox(bar);
    m_grid->setObjectName(QStringLiteral("forkGrid"));
    m_grid->setAccessibleName(tr("Grid whose gap is shown"));
    m_grid->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    auto* label = new QLabel(tr("&Grid"), bar);
    label->setBuddy(m_grid);
    m_paper = new QCheckBox(tr("Paper's numbers"), bar);
    m_paper->setObjectName(QStringLiteral("forkPaper"));
    m_paper->setToolTip(
        tr("Published values as hollow markers at the end of the fork. They are not measured "
           "here, and are known not to agree among themselves: see Notes."));
    const auto button = [bar](const char* name, const QString& text, const QString& tip) {
        auto* made = new QPushButton(text, bar);
        made->setObjectName(QString::fromLatin1(name));
        made->setToolTip(tip);
        return made;
    };
    auto* copy = button("forkCopyLatex", tr("Copy LaTeX"), tr("The table of results as a tabular"));
    auto* save =
        button("forkSave", tr("Save Table..."), tr("The table of results as LaTeX or CSV"));
    auto* figure = button("forkExport", tr("Export Figure..."),
                          tr("The plot that is seen as PDF, SVG, PNG or CSV"));
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins({});
    row->addWidget(label);
    row->addWidget(m_grid);
    row->addWidget(m_paper);
    row->addStretch(1);
    for (QPushButton* one : {copy, save, figure}) row->addWidget(one);
    connect(m_grid, &QComboBox::activated, this,
            [this](int index) { emit gridChosen(m_grid->itemData(index).toString()); });
    connect(m_paper, &QCheckBox::toggled, this, [this] {
        m_fork->setPaperOverlay(showsPaper() ? PaperOverlay::Shown : PaperOverlay::Hidden);
    });
    connect(copy, &QPushButton::clicked, this, &ForkResultsView::copyLatex);
    connect(save, &QPushButton::clicked, this, &ForkResultsView::saveRequested);
    connect(figure, &QPushButton::clicked, this, [this] {
        emit exportRequested(m_plots->currentWidget() == m_trade ? QStringLiteral("fork-trade")
                                                                 : QStringLiteral("fork"));
    });
    return bar;
}

QWidget* ForkResultsView::buildPlots() {
    m_fork = new ForkPlot;
    m_trade = new TradePlot;
    m_plots = new QTabWidget;
    m_plots->setObjectName(QStringLiteral("forkPlots"));
    m_plots->setAccessibleName(tr("Plots of the experiment"));
    m_plots->setDocumentMode(true);
    m_plots->addTab(m_fork, tr("Trajectories"));
    m_plots->addTab(m_trade, tr("Calibration"));
    for (PlotWidget* plot : std::initializer_list<PlotWidget*>{m_fork, m_trade})
        connect(plot, &PlotWidget::asTableRequested, this,
                [this, plot] { emit tableRequested(plot->accessibleName(), plot->columns()); });
    return m_plots;
}

QWidget* ForkResultsView::buildTables() {
    m_wins = new CellTableView(QStringLiteral("winsMatrix"), tr("Wins over seed pairs"),
                               TableSorting::Off);
    m_tests = new CellTableView(QStringLiteral("testsTable"), tr("Tests against the control"),
                                TableSorting::ByHeading);
    m_notes = new QPlainTextEdit;
    m_notes->setObjectName(QStringLiteral("forkResultNotes"));
    m_notes->setAccessibleName(tr("Notes"));
    m_notes->setReadOnly(true);
    m_notes->setTabChangesFocus(true);
    m_notes->setFrameShape(QFrame::NoFrame);
    m_tables = new QTabWidget;
    m_tables->setObjectName(QStringLiteral("forkTables"));
    m_tables->setAccessibleName(tr("Tables of the experiment"));
    m_tables->setDocumentMode(true);
    m_tables->addTab(buildResultsTab(), tr("Results"));
    m_tables->addTab(
        buildTableTab(tr("Seed pairs in which the condition of the row has a lower mean gap, over "
                         "all common steps, than that of the column. Pairs share runs, so they "
                         "are not independent."),
                      m_wins),
        tr("Wins"));
    m_tables->addTab(
        buildTableTab(tr("Against the control over the same steps. Probes of one run follow each "
                         "other (autocorrelation), so the p over probes is too small. The exact "
                         "test deals whole seeds; beside it stands the least p that so few seeds "
                         "can give."),
                      m_tests),
        tr("Tests"));
    m_tables->addTab(m_notes, tr("Notes"));
    return m_tables;
}

QWidget* ForkResultsView::buildTableTab(const QString& sentence, CellTableView* table) {
    auto* content = new QWidget;
    content->setAccessibleName(table->accessibleName());
    auto* layout = new QVBoxLayout(content);
    auto* label = plainLabel("", tr("What the table shows"), content);
    label->setText(sentence);
    layout->addWidget(label);
    layout->addWidget(table);
    layout->addStretch(1);
    return scrolled(content, table->accessibleName());
}

QWidget* ForkResultsView::buildResultsTab() {
    auto* content = new QWidget;
    content->setAccessibleName(tr("Results by condition"));
    m_results = new CellTableView(QStringLiteral("forkResults"), tr("Results by condition"),
                                  TableSorting::ByHeading);
    m_paperRows = new CellTableView(QStringLiteral("forkPaperRows"),
                                    tr("Results of the paper, for reference"), TableSorting::Off);
    m_audit = plainLabel("forkAudit", tr("Control against audit"), content);
    m_paperTitle = plainLabel("forkPaperTitle", tr("Results of the paper"), content);
    m_paperTitle->setText(tr("Reference: Table 2 of the paper, not measured here"));
    QFont bold = m_paperTitle->font();
    bold.setBold(true);
    m_paperTitle->setFont(bold);
    m_paperText = plainLabel("forkPaperText", tr("The paper's control against its audit"), content);
    auto* layout = new QVBoxLayout(content);
    layout->addWidget(m_results);
    layout->addWidget(m_audit);
    layout->addSpacing(fontMetrics().height() / 2);
    layout->addWidget(m_paperTitle);
    layout->addWidget(m_paperRows);
    layout->addWidget(m_paperText);
    layout->addStretch(1);
    return scrolled(content, tr("Results by condition"));
}

void ForkResultsView::showReport(std::shared_ptr<const ForkReport> report) {
    m_report = std::move(report);
    m_content->setEnabled(m_report != nullptr);
    m_fork->showReport(m_report);
    m_trade->showReport(m_report);
    fillBar();
    fillTables();
    if (m_report)
        m_overlay->clear();
    else
        m_overlay->showEmpty(
            tr("Nothing is measured yet. Results appear here as the runs are probed."), {});
}

void ForkResultsView::fillBar() {
    const QSignalBlocker blocker(m_grid);
    m_grid->clear();
    m_summary->setText(m_report ? forkSummary(*m_report) : QString());
    m_paper->setEnabled(m_report && m_report->paper);
    if (!m_report) return;
    for (const std::string& id : m_report->results.grids) {
        const QString text = QString::fromStdString(id);
        m_grid->addItem(tr("%1 (%2)").arg(gridLabel(id), text), text);
    }
    m_grid->setCurrentIndex(m_grid->findData(QString::fromStdString(m_report->results.gridId)));
    m_grid->setEnabled(m_grid->count() > 1);
}

void ForkResultsView::fillTables() {
    const auto fill = [this](CellTableView* view, CellTable (*tableOf)(const ForkReport&)) {
        view->showTable(m_report ? tableOf(*m_report) : CellTable());
    };
    fill(m_results, forkResultsTable);
    fill(m_paperRows, paperForkTable);
    fill(m_wins, forkWinsTable);
    fill(m_tests, forkTestsTable);
    adoptColors();
    setTextOrHide(m_audit, m_report ? auditSentence(*m_report) : QString());
    setTextOrHide(m_paperText, m_report ? paperSentence(*m_report) : QString());
    const bool hasPaper = m_report && m_report->paper;
    m_paperTitle->setVisible(hasPaper);
    m_paperRows->setVisible(hasPaper);
    QStringList notes = m_report ? forkNotes(*m_report) : QStringList();
    const QStringList ofPaper = m_report ? paperNotes(*m_report) : QStringList();
    m_tables->setTabText(m_tables->indexOf(m_notes), tr("Notes (%1)").arg(notes.size()));
    if (!ofPaper.isEmpty()) notes << tr("On the paper's numbers:") + u'\n' + ofPaper.join(u'\n');
    m_notes->setPlainText(notes.join(QStringLiteral("\n\n")));
}

void ForkResultsView::setTheme(Theme theme) {
    m_fork->setTheme(theme);
    m_trade->setTheme(theme);
    adoptColors();
}

bool ForkResultsView::showsPaper() const { return m_paper->isChecked(); }

void ForkResultsView::adoptColors() {
    for (CellTableView* table : {m_results, m_wins, m_tests})
        table->setColors(m_fork->plotStyle().palette);
}

void ForkResultsView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_report) adoptColors();
}

void ForkResultsView::copyLatex() const {
    if (m_report)
        QGuiApplication::clipboard()->setText(QString::fromStdString(forkReportToLatex(*m_report)));
}

}  // namespace gridscope::views
