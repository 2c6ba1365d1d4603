// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_conditions_editor.h"

#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

#include "core/training/fork_conditions.h"
#include "views/pages/fork_condition_card.h"
#include "views/widgets/wheel_guard.h"

namespace gridscope::views {

namespace {

QString shortName(ScheduleForm form) {
    if (form == ScheduleForm::Neox2023) return QStringLiteral("cosine");
    const std::string_view name = scheduleFormName(form);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

/// The name itself, or with the number that made it free.
bool isNamedAfter(const QString& name, const QString& form) {
    static const QRegularExpression number(QStringLiteral("^(-\\d+)?$"));
    return name.startsWith(form) && number.match(name.mid(form.size())).hasMatch();
}

QStringList partsOf(const QLineEdit& edit) {
    QStringList parts;
    for (const QString& part : edit.text().split(QLatin1Char(','), Qt::SkipEmptyParts))
        if (!part.trimmed().isEmpty()) parts << part.trimmed();
    return parts;
}

}  // namespace

ForkConditionsEditor::ForkConditionsEditor(QWidget* parent)
    : QWidget(parent),
      m_style(PlotStyle::screen(Theme::Light, font())),
      m_column(new QVBoxLayout),
      m_add(new QToolButton(this)) {
    setObjectName(QStringLiteral("forkConditions"));
    setAccessibleName(tr("Conditions"));
    m_add->setObjectName(QStringLiteral("forkAddCondition"));
    m_add->setText(tr("Add Condition"));
    m_add->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_add);
    for (const ScheduleForm form :
         {ScheduleForm::Neox2023, ScheduleForm::NeoxV10, ScheduleForm::Sgdr, ScheduleForm::Oli,
          ScheduleForm::Wsd, ScheduleForm::Constant, ScheduleForm::Linear})
        connect(menu->addAction(shortName(form)), &QAction::triggered, this,
                [this, form] { addCondition(form); });
    m_add->setMenu(menu);
    m_column->setContentsMargins({});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(m_column);
    layout->addWidget(m_add, 0, Qt::AlignLeft);
    buildSweep();
}

void ForkConditionsEditor::buildSweep() {
    m_rates = new QLineEdit(QStringLiteral("6e-4, 1e-3, 3e-3"), this);
    m_rates->setObjectName(QStringLiteral("forkSweepRates"));
    m_rates->setAccessibleName(tr("Bump rates of the sweep"));
    m_periods = new QLineEdit(QStringLiteral("75+300"), this);
    m_periods->setObjectName(QStringLiteral("forkSweepPeriods"));
    m_periods->setAccessibleName(tr("Periods of the sweep as BUMP+COOL"));
    m_periods->setToolTip(tr("Steps of bump and cool phase, such as 75+300, 20+80"));
    auto* fill = new QPushButton(tr("Fill In"), this);
    fill->setObjectName(QStringLiteral("forkSweepFill"));
    fill->setToolTip(
        tr("One OLI condition for every rate with every period, in place of the OLI "
           "conditions that are there"));
    m_sweepMessage = new QLabel(this);
    m_sweepMessage->setObjectName(QStringLiteral("forkSweepMessage"));
    m_sweepMessage->setWordWrap(true);
    m_sweepMessage->setTextFormat(Qt::PlainText);
    m_sweepMessage->hide();
    auto* sweep = new QGroupBox(tr("Calibrate the Bump of OLI"), this);
    auto* form = new QFormLayout(sweep);
    auto* row = new QHBoxLayout;
    row->addWidget(m_periods, 1);
    row->addWidget(fill);
    form->addRow(tr("Bump rates"), m_rates);
    form->addRow(tr("Bump+cool steps"), row);
    form->addRow(m_sweepMessage);
    layout()->addWidget(sweep);
    connect(fill, &QPushButton::clicked, this, &ForkConditionsEditor::fillInSweep);
}

std::vector<ForkCondition> ForkConditionsEditor::conditions() const {
    std::vector<ForkCondition> conditions;
    for (const ForkConditionCard* card : m_cards) conditions.push_back(card->condition());
    return conditions;
}

void ForkConditionsEditor::setConditions(const std::vector<ForkCondition>& conditions) {
    // Cards that stay keep the focus and the cursor of whoever is writing in them.
    while (m_cards.size() > conditions.size()) {
        delete m_cards.back();
        m_cards.pop_back();
    }
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        if (i < m_cards.size())
            m_cards[i]->setCondition(conditions[i]);
        else
            addCard(i, conditions[i]);
    }
    numberCards();
}

void ForkConditionsEditor::applyBase(const ScheduleSettings& base) {
    m_base = base;
    for (ForkConditionCard* card : m_cards) card->setBase(base);
}

void ForkConditionsEditor::setStyle(const PlotStyle& style) {
    m_style = style;
    for (ForkConditionCard* card : m_cards) card->setStyle(style);
}

QString ForkConditionsEditor::problem() const {
    for (const ForkConditionCard* card : m_cards) {
        const QString why = card->problem();
        if (!why.isEmpty())
            return QStringLiteral("%1: %2").arg(QString::fromStdString(card->condition().name),
                                                why);
    }
    return {};
}

ForkConditionCard* ForkConditionsEditor::addCard(std::size_t at, const ForkCondition& condition) {
    auto* card = new ForkConditionCard(this);
    new WheelGuard(card);
    card->setCondition(condition);
    card->setStyle(m_style);
    m_column->insertWidget(static_cast<int>(at), card);
    m_cards.insert(m_cards.begin() + static_cast<std::ptrdiff_t>(at), card);
    connect(card, &ForkConditionCard::changed, this, &ForkConditionsEditor::changed);
    connect(card, &ForkConditionCard::editingFinished, this,
            &ForkConditionsEditor::editingFinished);
    connect(card, &ForkConditionCard::formChosen, this,
            [this, card](ScheduleForm before) { renameAfterForm(card, before); });
    connect(card, &ForkConditionCard::duplicateRequested, this, [this, card] { duplicate(card); });
    connect(card, &ForkConditionCard::removeRequested, this, [this, card] { removeCard(card); });
    return card;
}

std::size_t ForkConditionsEditor::placeOf(const ForkConditionCard* card) const {
    return static_cast<std::size_t>(std::find(m_cards.begin(), m_cards.end(), card) -
                                    m_cards.begin());
}

void ForkConditionsEditor::removeCard(ForkConditionCard* card) {
    std::erase(m_cards, card);
    card->hide();
    card->deleteLater();  // its button is still being clicked
    numberCards();
    emit changed();
    emit editingFinished();
}

void ForkConditionsEditor::addCondition(ScheduleForm form) {
    ForkCondition condition{freeName(shortName(form), nullptr).toStdString(), m_base};
    condition.schedule.form = form;
    addCard(m_cards.size(), condition);
    numberCards();
    emit changed();
    emit editingFinished();
}

void ForkConditionsEditor::duplicate(ForkConditionCard* card) {
    ForkCondition copy = card->condition();
    copy.name = freeName(QString::fromStdString(copy.name), nullptr).toStdString();
    addCard(placeOf(card) + 1, copy);
    numberCards();
    emit changed();
    emit editingFinished();
}

void ForkConditionsEditor::renameAfterForm(ForkConditionCard* card, ScheduleForm before) {
    const ForkCondition condition = card->condition();
    if (!isNamedAfter(QString::fromStdString(condition.name), shortName(before))) return;
    card->setName(freeName(shortName(condition.schedule.form), card));
}

void ForkConditionsEditor::fillInSweep() {
    std::vector<double> rates;
    QString wrong;
    for (const QString& part : partsOf(*m_rates)) {
        bool isNumber = false;
        rates.push_back(QLocale::c().toDouble(part, &isNumber));
        if (!isNumber) wrong = tr("\"%1\" is no bump rate.").arg(part);
    }
    std::vector<std::string> periods;
    for (const QString& part : partsOf(*m_periods)) periods.push_back(part.toStdString());
    if (rates.empty() || periods.empty()) wrong = tr("Give at least one rate and one period.");
    std::vector<ForkCondition> conditions = this->conditions();
    std::erase_if(conditions, [](const ForkCondition& condition) {
        return condition.schedule.form == ScheduleForm::Oli;
    });
    if (wrong.isEmpty()) {
        const auto sweep = oliSweep(rates, periods, m_base);
        if (sweep)
            conditions.insert(conditions.end(), sweep->begin(), sweep->end());
        else
            wrong = QString::fromStdString(sweep.error().what);
    }
    m_sweepMessage->setText(wrong);
    m_sweepMessage->setVisible(!wrong.isEmpty());
    if (!wrong.isEmpty()) return;
    setConditions(conditions);
    emit changed();
    emit editingFinished();
}

void ForkConditionsEditor::numberCards() {
    for (std::size_t i = 0; i < m_cards.size(); ++i) m_cards[i]->setPlace(i, m_cards.size());
}

QString ForkConditionsEditor::freeName(const QString& wanted, const ForkConditionCard* but) const {
    static const QRegularExpression ending(QStringLiteral("-\\d+$"));
    const auto isTaken = [&](const QString& name) {
        return std::any_of(m_cards.begin(), m_cards.end(), [&](const ForkConditionCard* card) {
            return card != but && QString::fromStdString(card->condition().name) == name;
        });
    };
    if (!isTaken(wanted)) return wanted;
    const QString stem = QString(wanted).remove(ending);
    for (int i = 2;; ++i) {
        const QString name = QStringLiteral("%1-%2").arg(stem).arg(i);
        if (!isTaken(name)) return name;
    }
}

}  // namespace gridscope::views
