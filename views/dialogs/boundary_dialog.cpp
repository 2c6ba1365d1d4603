// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/dialogs/boundary_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "views/models/number_text.h"

namespace gridscope::views {

BoundaryDialog::BoundaryDialog(std::vector<BoundaryOffer> offers, int chosen, QWidget* parent)
    : QDialog(parent),
      m_offers(std::move(offers)),
      m_boundary(new QComboBox(this)),
      m_step(new QComboBox(this)),
      m_note(new QLabel(this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
    setObjectName(QStringLiteral("boundaryDialog"));
    setWindowTitle(tr("Set Boundary"));
    m_boundary->setObjectName(QStringLiteral("boundaryChoice"));
    m_boundary->setAccessibleName(tr("Boundary"));
    m_step->setObjectName(QStringLiteral("boundaryStep"));
    m_step->setAccessibleName(tr("Step"));
    m_step->setEditable(true);
    m_step->setInsertPolicy(QComboBox::NoInsert);
    m_note->setObjectName(QStringLiteral("boundaryNote"));
    m_note->setWordWrap(true);
    m_note->setTextFormat(Qt::PlainText);
    m_buttons->setObjectName(QStringLiteral("boundaryButtons"));
    for (const BoundaryOffer& offer : m_offers) m_boundary->addItem(offer.name);
    m_boundary->setCurrentIndex(chosen);
    auto* form = new QFormLayout;
    form->addRow(tr("&Boundary:"), m_boundary);
    form->addRow(tr("&Step:"), m_step);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_note);
    layout->addWidget(m_buttons);
    connect(m_boundary, &QComboBox::currentIndexChanged, this, &BoundaryDialog::showOffer);
    connect(m_step, &QComboBox::editTextChanged, this, &BoundaryDialog::check);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    showOffer();
    m_step->setFocus();
    m_step->lineEdit()->selectAll();
}

int BoundaryDialog::boundary() const { return m_boundary->currentIndex(); }

double BoundaryDialog::step() const {
    bool isNumber = false;
    const double step = locale().toDouble(m_step->currentText().trimmed(), &isNumber);
    return isNumber ? step : std::nan("");
}

void BoundaryDialog::showOffer() {
    const BoundaryOffer& offer = m_offers[static_cast<std::size_t>(boundary())];
    const QSignalBlocker blocker(m_step);
    m_step->clear();
    for (const double step : offer.checkpoints) m_step->addItem(stepText(step));
    m_step->setEditText(stepText(offer.step));
    check();
}

void BoundaryDialog::check() {
    const BoundaryOffer& offer = m_offers[static_cast<std::size_t>(boundary())];
    const double wanted = step();
    const bool isFine = std::isfinite(wanted) && offer.room.holds(wanted);
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(isFine);
    const bool isCheckpoint =
        std::binary_search(offer.checkpoints.begin(), offer.checkpoints.end(), wanted);
    if (offer.checkpoints.empty()) {
        m_note->setText(tr("There is no other place: every phase keeps at least one checkpoint."));
    } else if (!isFine) {
        m_note->setText(tr("Every phase keeps at least one checkpoint: choose a step above %1, up "
                           "to %2.")
                            .arg(stepText(offer.room.above), stepText(offer.room.upTo)));
    } else {
        m_note->setText(isCheckpoint ? tr("A probed checkpoint.")
                                     : tr("No checkpoint was probed at this step."));
    }
}

}  // namespace gridscope::views
