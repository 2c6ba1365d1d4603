// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/phases_panel.h"

#include <QComboBox>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QTreeView>
#include <QVBoxLayout>

#include "views/models/number_text.h"
#include "views/models/phase_model.h"

namespace gridscope::views {

PhasesPanel::PhasesPanel(PhaseModel* model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_detector(new QComboBox(this)),
      m_phases(new QListWidget(this)),
      m_note(new QLabel(this)),
      m_tree(new QTreeView(this)) {
    setObjectName(QStringLiteral("phasesPanel"));
    m_detector->setObjectName(QStringLiteral("phaseDetector"));
    m_detector->setAccessibleName(tr("Detector that draws the bands"));
    m_phases->setObjectName(QStringLiteral("phaseList"));
    m_phases->setAccessibleName(tr("Phases"));
    m_note->setObjectName(QStringLiteral("phaseNote"));
    m_note->setWordWrap(true);
    m_note->setTextFormat(Qt::PlainText);
    m_tree->setObjectName(QStringLiteral("phaseTree"));
    m_tree->setAccessibleName(tr("Boundaries found by each detector"));
    m_tree->setModel(model);
    m_tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    // Names of associations are long; the numbers beside them count.
    m_tree->header()->setSectionResizeMode(PhaseModel::Name, QHeaderView::Interactive);
    m_tree->header()->resizeSection(PhaseModel::Name, fontMetrics().averageCharWidth() * 24);
    m_tree->setIndentation(fontMetrics().averageCharWidth() * 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_detector);
    auto* notes = new QScrollArea(this);  // a long note must not take the tree's room
    notes->setObjectName(QStringLiteral("phaseNotes"));
    notes->setAccessibleName(tr("What the detector says"));
    notes->setFrameShape(QFrame::NoFrame);
    notes->setWidgetResizable(true);
    notes->setWidget(m_note);
    notes->setMaximumHeight(fontMetrics().lineSpacing() * 3);
    layout->addWidget(m_phases, 1);
    layout->addWidget(m_tree, 3);
    layout->addWidget(notes);

    connect(m_phases, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row >= 0) emit phaseActivated(row - 1);
    });
    connect(m_phases, &QListWidget::itemDoubleClicked, this,
            [this](QListWidgetItem* item) { emit phaseZoomRequested(m_phases->row(item) - 1); });
    connect(m_detector, &QComboBox::activated, this,
            [this](int row) { emit detectorChosen(m_detector->itemData(row).toString()); });
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        const std::optional<BoundaryPick> picked = m_pickedBefore;
        m_tree->expandAll();
        fillDetectors();
        if (picked) pick(*picked);
    });
    connect(model, &QAbstractItemModel::modelAboutToBeReset, this,
            [this] { m_pickedBefore = pickedBoundary(); });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        showNote();
        emit boundaryPicked();
    });
    m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);  // F2 is ours
    m_tree->installEventFilter(this);
}

bool PhasesPanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_tree && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_F2) {
        emit boundaryEditRequested();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

std::optional<BoundaryPick> PhasesPanel::pickedBoundary() const {
    const QModelIndex index = m_tree->currentIndex();
    if (m_model->boundaryAt(index) == nullptr) return std::nullopt;
    return BoundaryPick{m_model->detectorAt(index), index.row()};
}

void PhasesPanel::pick(const BoundaryPick& boundary) {
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QModelIndex detector = m_model->index(row, 0);
        if (m_model->detectorAt(detector) != boundary.detector) continue;
        const QModelIndex index = m_model->index(boundary.index, 0, detector);
        if (index.isValid()) m_tree->setCurrentIndex(index);
    }
}

void PhasesPanel::setCommands(const QList<QAction*>& commands) {
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_tree->addActions(commands);
}

/// What the detector says in words: of the one that is current in the tree, else of the one that
/// draws the bands.
void PhasesPanel::showNote() {
    const QString detector = m_model->detectorAt(m_tree->currentIndex());
    QStringList parts;
    if (!m_bands.note.isEmpty()) parts << m_bands.note;
    for (const DetectorFinding& finding : m_model->findings()) {
        if (detector.isEmpty() ? !finding.drawsBands : finding.id != detector) continue;
        if (!finding.note.isEmpty()) parts << tr("%1: %2").arg(finding.name, finding.note);
    }
    m_note->setText(parts.join(u'\n'));
}

void PhasesPanel::fillDetectors() {
    const QSignalBlocker blocker(m_detector);
    m_detector->clear();
    for (const DetectorFinding& finding : m_model->findings()) {
        m_detector->addItem(finding.name, finding.id);
        if (finding.drawsBands) m_detector->setCurrentIndex(m_detector->count() - 1);
    }
}

void PhasesPanel::showPhases(const PhaseBands& bands, int selected) {
    const QSignalBlocker blocker(m_phases);
    m_phases->clear();
    m_phases->addItem(tr("Whole run"));
    const bool hasPhases = !bands.boundaries.empty();
    for (std::size_t i = 0; hasPhases && i < bands.names.size(); ++i) {
        const QString from = i == 0 ? QString() : stepText(bands.boundaries[i - 1].step);
        const QString to =
            i < bands.boundaries.size() ? stepText(bands.boundaries[i].step) : QString();
        QString span;
        if (!from.isEmpty() && !to.isEmpty()) {
            span = tr(" (%1 to %2)").arg(from, to);
        } else if (!from.isEmpty()) {
            span = tr(" (from %1)").arg(from);
        } else if (!to.isEmpty()) {
            span = tr(" (to %1)").arg(to);
        }
        m_phases->addItem(QString(bands.names[i] + span));
    }
    m_phases->setCurrentRow(hasPhases ? selected + 1 : 0);
    m_bands = bands;
    showNote();
}

}  // namespace gridscope::views
