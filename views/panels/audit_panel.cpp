// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/audit_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

#include "views/models/audit_model.h"
#include "views/panels/state_overlay.h"

namespace gridscope::views {

AuditPanel::AuditPanel(AuditModel* model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_proxy(new QSortFilterProxyModel(this)),
      m_table(new QTableView(this)),
      m_overlay(new StateOverlay(m_table)),
      m_summary(new QLabel(this)),
      m_level(new QComboBox(this)),
      m_run(new QPushButton(tr("Run Audit"), this)),
      m_cancel(new QPushButton(tr("Cancel"), this)),
      m_exclude(new QPushButton(tr("Exclude from Probe"), this)),
      m_save(new QPushButton(tr("Save Report..."), this)) {
    setObjectName(QStringLiteral("auditPanel"));
    m_summary->setObjectName(QStringLiteral("auditSummary"));
    m_summary->setTextFormat(Qt::PlainText);
    buildTable();
    auto* left = new QVBoxLayout;
    left->addWidget(m_table, 1);
    left->addWidget(m_summary);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(left, 1);
    buildSide();
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        m_row = -1;
        showState(m_state);
    });
    showState(m_state);
}

void AuditPanel::buildTable() {
    m_proxy->setSourceModel(m_model);
    m_proxy->setSortRole(AuditModel::kSortRole);
    m_table->setObjectName(QStringLiteral("auditTable"));
    m_table->setAccessibleName(tr("Findings of the audit"));
    m_table->setModel(m_proxy);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(AuditModel::Severity, Qt::AscendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setAlternatingRowColors(true);
    m_table->setWordWrap(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    const int letter = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(AuditModel::Severity, letter * 14);
    m_table->setColumnWidth(AuditModel::Check, letter * 30);
    m_table->setColumnWidth(AuditModel::Checkpoints, letter * 24);
    m_table->setColumnWidth(AuditModel::Hint, letter * 40);
    m_table->horizontalHeader()->setSectionResizeMode(AuditModel::Finding, QHeaderView::Stretch);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &AuditPanel::showButtons);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                m_row = -1;
                if (current.isValid()) activateNext();
            });
    // Enter and double click go on to the next checkpoint of the finding.
    connect(m_table, &QAbstractItemView::activated, this, &AuditPanel::activateNext);
    connect(m_overlay, &StateOverlay::buttonClicked, this, &AuditPanel::runRequested);
    m_overlay->setErrorButton(tr("Run Audit"));
}

void AuditPanel::buildSide() {
    m_level->setObjectName(QStringLiteral("auditLevel"));
    m_level->setAccessibleName(tr("How much the audit reads"));
    const std::pair<AuditLevel, QString> levels[] = {
        {AuditLevel::Quick, tr("Quick: headers")},
        {AuditLevel::Hash, tr("Hash: all bytes")},
        {AuditLevel::Deep, tr("Deep: values")},
    };
    for (const auto& [level, text] : levels) m_level->addItem(text, static_cast<int>(level));
    m_level->setToolTip(
        tr("Quick compares names, sizes and headers. Hash finds copies and NaN. "
           "Deep also compares the values of neighbours."));
    m_run->setObjectName(QStringLiteral("auditRun"));
    m_cancel->setObjectName(QStringLiteral("auditCancel"));
    m_exclude->setObjectName(QStringLiteral("auditExclude"));
    m_exclude->setToolTip(tr("Untick the checkpoints of the selected findings"));
    m_save->setObjectName(QStringLiteral("auditSave"));
    m_save->setToolTip(tr("Write the findings as Markdown or CSV"));
    auto* side = new QVBoxLayout;
    side->addWidget(m_level);
    for (QPushButton* button : {m_run, m_cancel, m_exclude, m_save}) side->addWidget(button);
    side->addStretch();
    static_cast<QHBoxLayout*>(layout())->addLayout(side);
    connect(m_level, &QComboBox::activated, this, [this](int row) {
        emit levelChosen(static_cast<AuditLevel>(m_level->itemData(row).toInt()));
    });
    connect(m_run, &QPushButton::clicked, this, &AuditPanel::runRequested);
    connect(m_cancel, &QPushButton::clicked, this, &AuditPanel::cancelRequested);
    connect(m_save, &QPushButton::clicked, this, &AuditPanel::saveRequested);
    connect(m_exclude, &QPushButton::clicked, this,
            [this] { emit excludeRequested(selectedEntries()); });
}

void AuditPanel::showState(const AuditPanelState& state) {
    const bool wasRunning = m_state.running;
    m_state = state;
    const QSignalBlocker blocker(m_level);
    m_level->setCurrentIndex(m_level->findData(static_cast<int>(state.level)));
    m_summary->setText(m_model->summary());
    m_summary->setVisible(m_model->report() != nullptr);
    const QString again = state.obstacle.isEmpty() ? tr("Run Audit") : QString();
    if (state.running) {
        if (!wasRunning) m_overlay->showLoading(tr("The checkpoints are being read..."));
    } else if (state.failure) {
        const auto text = [](const std::string& bytes) {
            return QString::fromStdString(escapeForDisplay(bytes, 300));
        };
        m_overlay->showError(tr("The audit failed: %1").arg(text(state.failure->what)),
                             text(state.failure->hint),
                             QString::fromStdString(state.failure->toText()));
    } else if (m_model->report() == nullptr) {
        m_overlay->showEmpty(
            state.obstacle.isEmpty() ? tr("This run has not been audited yet.") : state.obstacle,
            again);
    } else if (m_model->rowCount() == 0) {
        m_overlay->showEmpty(tr("The audit found nothing to object to."), again);
    } else {
        m_overlay->clear();
    }
    showButtons();
}

void AuditPanel::showButtons() {
    m_run->setEnabled(m_state.obstacle.isEmpty());
    m_run->setToolTip(m_state.obstacle);
    m_level->setEnabled(!m_state.running);
    m_cancel->setEnabled(m_state.running);
    m_exclude->setEnabled(!m_state.running && !selectedEntries().empty());
    m_save->setEnabled(!m_state.running && m_model->report() != nullptr);
}

std::vector<std::size_t> AuditPanel::selectedEntries() const {
    std::vector<std::size_t> entries;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows()) {
        const auto more = m_model->entriesOf(m_proxy->mapToSource(index).row());
        entries.insert(entries.end(), more.begin(), more.end());
    }
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    return entries;
}

void AuditPanel::activateNext() {
    const int row = m_proxy->mapToSource(m_table->currentIndex()).row();
    const auto entries = m_model->entriesOf(row);
    if (entries.empty()) return;
    m_checkpoint = row == m_row ? (m_checkpoint + 1) % entries.size() : 0;
    m_row = row;
    emit checkpointActivated(static_cast<int>(entries[m_checkpoint]));
}

void AuditPanel::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && m_state.running) {
        emit cancelRequested();
        return;
    }
    QWidget::keyPressEvent(event);
}

}  // namespace gridscope::views
