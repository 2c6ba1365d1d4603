// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/widgets/grid_chooser.h"

#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QSignalBlocker>

#include <algorithm>

namespace gridscope::views {

GridChooser::GridChooser(const GridChooserSpec& spec, QWidget* parent)
    : QWidget(parent),
      m_spec(spec),
      m_list(new QListWidget(this)),
      m_free(new QLineEdit(this)),
      m_message(new QLabel(this)) {
    m_list->setObjectName(QString(spec.prefix % QStringLiteral("Grids")));
    m_list->setAccessibleName(tr("Grids"));
    for (const GridOffer& offer : spec.offers) {
        auto* item =
            new QListWidgetItem(QStringLiteral("%1   %2").arg(offer.title, offer.id), m_list);
        item->setToolTip(offer.note);
        item->setData(Qt::UserRole, offer.id);
    }
    m_list->setMaximumHeight(fontMetrics().lineSpacing() * 7);
    m_free->setObjectName(QString(spec.prefix % QStringLiteral("FreeGrid")));
    m_free->setAccessibleName(tr("Further grids"));
    m_free->setPlaceholderText(tr("such as a3g64, s6channel"));
    m_message->setObjectName(QString(spec.prefix % QStringLiteral("GridMessage")));
    m_message->setWordWrap(true);
    auto* form = new QFormLayout(this);
    form->setContentsMargins({});
    form->addRow(m_list);
    form->addRow(tr("Further grids"), m_free);
    form->addRow(m_message);
    setChosen({});
    const auto tell = [this] {
        showProblem();
        emit changed();
    };
    connect(m_list, &QListWidget::itemChanged, this, [this, tell] {
        tell();
        emit editingFinished();
    });
    connect(m_free, &QLineEdit::textChanged, this, tell);
    connect(m_free, &QLineEdit::editingFinished, this, &GridChooser::editingFinished);
}

QStringList GridChooser::written() const {
    QStringList ids;
    for (const QString& id : m_free->text().split(QLatin1Char(','), Qt::SkipEmptyParts))
        if (!id.trimmed().isEmpty()) ids << id.trimmed();
    return ids;
}

QStringList GridChooser::chosen() const {
    QStringList ids;
    for (int i = 0; i < m_list->count(); ++i)
        if (m_list->item(i)->checkState() == Qt::Checked)
            ids << m_list->item(i)->data(Qt::UserRole).toString();
    for (const QString& id : written())
        if (!ids.contains(id)) ids << id;
    return ids;
}

void GridChooser::setChosen(const QStringList& ids) {
    QStringList others = ids;
    {
        const QSignalBlocker quiet(m_list);
        for (int i = 0; i < m_list->count(); ++i) {
            const GridOffer& offer = m_spec.offers[i];
            const bool isOn = ids.isEmpty() ? offer.initially : ids.contains(offer.id);
            m_list->item(i)->setCheckState(isOn ? Qt::Checked : Qt::Unchecked);
            others.removeAll(offer.id);
        }
        const QSignalBlocker quietText(m_free);
        if (written() != others) m_free->setText(others.join(QStringLiteral(", ")));
    }
    showProblem();
}

QString GridChooser::problem() const {
    for (const QString& id : written()) {
        const QString why = m_spec.gridProblem ? m_spec.gridProblem(id) : QString();
        if (!why.isEmpty()) return why;
    }
    return chosen().isEmpty() ? tr("Choose at least one grid.") : QString();
}

void GridChooser::showProblem() {
    m_message->setText(problem());
    m_message->setVisible(!m_message->text().isEmpty());
}

}  // namespace gridscope::views
