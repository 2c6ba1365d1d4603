// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/checkpoints_panel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

#include "views/models/checkpoint_model.h"
#include "views/models/checkpoint_proxy.h"
#include "views/models/tick_rules.h"

namespace gridscope::views {

CheckpointsPanel::CheckpointsPanel(CheckpointModel* model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_proxy(new CheckpointProxy(this)),
      m_filter(new QLineEdit(this)),
      m_summary(new QLabel(this)),
      m_table(new QTableView(this)),
      m_menu(new QMenu(this)) {
    setObjectName(QStringLiteral("checkpointsPanel"));
    m_proxy->setSourceModel(model);
    m_filter->setObjectName(QStringLiteral("checkpointFilter"));
    m_filter->setAccessibleName(tr("Filter checkpoints"));
    m_filter->setPlaceholderText(tr("Filter, such as gap>20"));
    m_filter->setClearButtonEnabled(true);
    m_summary->setObjectName(QStringLiteral("checkpointSummary"));
    buildTable();
    buildMenu();

    auto* button = new QPushButton(this);
    button->setObjectName(QStringLiteral("selectionButton"));
    button->setText(tr("Select"));
    button->setAccessibleName(tr("Tick checkpoints"));
    button->setToolTip(tr("Tick the checkpoints to probe"));
    button->setMenu(m_menu);
    auto* top = new QHBoxLayout;
    top->addWidget(m_filter, 1);
    top->addWidget(button);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(top);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_summary);

    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_filter->setToolTip(m_proxy->setFilterText(text));
        showSummary();
    });
    connect(model, &CheckpointModel::ticksChanged, this, &CheckpointsPanel::showSummary);
    connect(model, &QAbstractItemModel::modelReset, this, &CheckpointsPanel::showSummary);
    connect(model, &QAbstractItemModel::dataChanged, this, &CheckpointsPanel::showSummary);
    showSummary();
}

void CheckpointsPanel::buildTable() {
    m_table->setObjectName(QStringLiteral("checkpointTable"));
    m_table->setAccessibleName(tr("Checkpoints"));
    m_table->setModel(m_proxy);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(CheckpointModel::Label, Qt::AscendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setAlternatingRowColors(true);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    // Measures the rows in sight: all 154 of a suite would cost most of a refresh.
    m_table->horizontalHeader()->setResizeContentsPrecision(0);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setColumnHidden(CheckpointModel::DeltaCe, true);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().lineSpacing() * 3 / 2);
    // What the user looks for comes first: how good it is and what INT4 costs.
    for (int place = 1; const auto column : {CheckpointModel::Fp32Ppl, CheckpointModel::Int4Gap,
                                             CheckpointModel::Phase})
        m_table->horizontalHeader()->moveSection(m_table->horizontalHeader()->visualIndex(column),
                                                 place++);
    m_table->horizontalHeader()->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->installEventFilter(this);
    connect(m_table->horizontalHeader(), &QWidget::customContextMenuRequested, this,
            [this](const QPoint& at) {
                QMenu menu;
                for (int column = 1; column < CheckpointModel::ColumnCount; ++column) {
                    QAction* action = menu.addAction(
                        m_model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
                    action->setCheckable(true);
                    action->setChecked(!m_table->isColumnHidden(column));
                    connect(action, &QAction::toggled, m_table,
                            [this, column](bool on) { m_table->setColumnHidden(column, !on); });
                }
                menu.exec(m_table->horizontalHeader()->mapToGlobal(at));
            });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                emit selectionChanged();
                if (!current.isValid()) return;
                const auto row = static_cast<std::size_t>(m_proxy->mapToSource(current).row());
                const int record = m_model->rows()[row].record;
                if (record >= 0) emit checkpointActivated(record);
            });
}

void CheckpointsPanel::buildMenu() {
    m_menu->setObjectName(QStringLiteral("selectionMenu"));
    const auto addRule = [this](const QString& name, const QString& text, TickRule rule) {
        QAction* action = m_menu->addAction(text);
        action->setObjectName(name);
        connect(action, &QAction::triggered, this,
                [this, rule] { m_model->setTicks(ticksByRule(m_model->rows(), rule)); });
    };
    addRule(QStringLiteral("probe.select.all"), tr("All"), TickRule::All);
    addRule(QStringLiteral("probe.select.none"), tr("None"), TickRule::None);
    addRule(QStringLiteral("probe.select.invert"), tr("Invert"), TickRule::Invert);
    m_menu->addSeparator();
    QAction* logSpaced = m_menu->addAction(tr("Log-Spaced..."));
    logSpaced->setObjectName(QStringLiteral("probe.select.log"));
    connect(logSpaced, &QAction::triggered, this, &CheckpointsPanel::askLogSpaced);
    QAction* everyNth = m_menu->addAction(tr("Every N-th..."));
    everyNth->setObjectName(QStringLiteral("probe.select.every"));
    connect(everyNth, &QAction::triggered, this, &CheckpointsPanel::askEveryNth);
    m_menu->addSeparator();
    addRule(QStringLiteral("probe.select.missing"), tr("Only Missing"), TickRule::OnlyMissing);
    addRule(QStringLiteral("probe.select.failed"), tr("Only Failed"), TickRule::OnlyFailed);
}

void CheckpointsPanel::askLogSpaced() {
    bool ok = false;
    const int count = QInputDialog::getInt(this, tr("Log-Spaced"),
                                           tr("About how many checkpoints?"), 24, 1, 10000, 1, &ok);
    if (ok) m_model->setTicks(ticksLogSpaced(m_model->rows(), count));
}

void CheckpointsPanel::askEveryNth() {
    bool ok = false;
    const int n = QInputDialog::getInt(this, tr("Every N-th"), tr("N:"), 2, 1, 10000, 1, &ok);
    if (ok) m_model->setTicks(ticksEveryNth(m_model->rows(), n));
}

void CheckpointsPanel::showSummary() {
    QString text = tr("%1 of %2 checked").arg(m_model->tickedCount()).arg(m_model->rowCount());
    if (m_proxy->rowCount() != m_model->rowCount())
        text += tr(", %1 shown").arg(m_proxy->rowCount());
    m_summary->setText(text);
}

void CheckpointsPanel::showRecord(int record) { showRow(m_model->rowOfRecord(record)); }

int CheckpointsPanel::selectedEntry() const {
    const int row = m_proxy->mapToSource(m_table->currentIndex()).row();
    return row < 0 ? -1 : m_model->rows()[static_cast<std::size_t>(row)].entry;
}

void CheckpointsPanel::showEntry(int entry) {
    const auto& rows = m_model->rows();
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [entry](const auto& row) { return row.entry == entry; });
    if (found != rows.end()) showRow(static_cast<int>(found - rows.begin()));
}

void CheckpointsPanel::showRow(int row) {
    const QModelIndex index =
        row < 0 ? QModelIndex() : m_proxy->mapFromSource(m_model->index(row, 0));
    if (index.row() == m_table->currentIndex().row() && index.isValid()) return;
    // Showing is not choosing: the selection must not come back as an intent.
    const QSignalBlocker blocker(m_table->selectionModel());
    m_table->setCurrentIndex(index);
    if (index.isValid()) m_table->scrollTo(index);
    m_table->viewport()->update();
}

void CheckpointsPanel::focusFilter() {
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

bool CheckpointsPanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_table && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Space && key->modifiers() == Qt::NoModifier) {
            std::vector<int> rows;
            for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
                rows.push_back(m_proxy->mapToSource(index).row());
            if (!rows.empty()) m_model->toggleTicks(rows);
            return true;
        }
        if (key->key() == Qt::Key_O && m_table->currentIndex().isValid()) {
            const auto row =
                static_cast<std::size_t>(m_proxy->mapToSource(m_table->currentIndex()).row());
            if (m_model->rows()[row].record >= 0) emit overlayToggled(m_model->rows()[row].record);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace gridscope::views
