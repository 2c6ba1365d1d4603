// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_condition_card.h"

#include <QComboBox>
#include <QFile>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QToolButton>

#include <algorithm>
#include <array>

#include "views/widgets/number_fields.h"
#include "views/widgets/rate_edit.h"

namespace gridscope::views {

namespace {

constexpr std::array kForms{ScheduleForm::Neox2023, ScheduleForm::NeoxV10, ScheduleForm::Sgdr,
                            ScheduleForm::Oli,      ScheduleForm::Wsd,     ScheduleForm::Constant,
                            ScheduleForm::Linear};

QString formText(ScheduleForm form) {
    const std::string_view name = scheduleFormName(form);
    return form == ScheduleForm::Neox2023
               ? QStringLiteral("cosine")
               : QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

bool isOwnSetting(std::string_view where) {
    constexpr std::array<std::string_view, 6> kOwn{"eta",    "bump",   "cool",
                                                   "period", "factor", "decay"};
    return std::find(kOwn.begin(), kOwn.end(), where) != kOwn.end();
}

/// The icon, or the text in a program that brings no icons.
void showIcon(QToolButton* button, const char* name, const QString& text) {
    const QString file = QStringLiteral(":/icons/%1.svg").arg(QString::fromLatin1(name));
    if (QFile::exists(file))
        button->setIcon(QIcon(file));
    else
        button->setText(text);
}

/// Three digits are enough of a suggestion.
QString shortNumber(double value) { return QLocale::c().toString(value, 'g', 3); }

}  // namespace

ForkConditionCard::ForkConditionCard(QWidget* parent)
    : QFrame(parent),
      m_style(PlotStyle::screen(Theme::Light, font())),
      m_swatch(new QLabel(this)),
      m_name(new QLineEdit(this)),
      m_form(new QComboBox(this)),
      m_role(new QLabel(this)),
      m_remove(new QToolButton(this)),
      m_grid(new QGridLayout),
      m_message(new QLabel(this)) {
    setFrameShape(QFrame::StyledPanel);
    buildHead();
    buildSettings();
    m_message->setObjectName(QStringLiteral("forkConditionMessage"));
    m_message->setWordWrap(true);
    m_message->setTextFormat(Qt::PlainText);
    auto* layout = static_cast<QVBoxLayout*>(this->layout());
    layout->addLayout(m_grid);
    layout->addWidget(m_message);
    showFields();
}

void ForkConditionCard::buildHead() {
    m_name->setObjectName(QStringLiteral("forkConditionName"));
    m_name->setAccessibleName(tr("Name of the condition"));
    m_name->setMaxLength(64);
    m_form->setObjectName(QStringLiteral("forkConditionForm"));
    m_form->setAccessibleName(tr("Schedule of the condition"));
    for (const ScheduleForm form : kForms) m_form->addItem(formText(form), static_cast<int>(form));
    m_form->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_form->setMinimumWidth(fontMetrics().averageCharWidth() * 14);
    auto* duplicate = new QToolButton(this);
    duplicate->setObjectName(QStringLiteral("forkConditionDuplicate"));
    showIcon(duplicate, "duplicate", tr("Copy"));
    duplicate->setToolTip(tr("Duplicate this condition"));
    duplicate->setAccessibleName(tr("Duplicate this condition"));
    m_remove->setObjectName(QStringLiteral("forkConditionRemove"));
    showIcon(m_remove, "cancel", tr("Remove"));
    m_remove->setAccessibleName(tr("Remove this condition"));
    auto* head = new QHBoxLayout;
    head->addWidget(m_swatch);
    head->addWidget(m_name, 1);
    head->addWidget(m_form, 1);
    head->addWidget(m_role);
    head->addWidget(duplicate);
    head->addWidget(m_remove);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(head);
    connect(m_name, &QLineEdit::textEdited, this, &ForkConditionCard::edited);
    connect(m_name, &QLineEdit::editingFinished, this, &ForkConditionCard::editingFinished);
    connect(m_form, &QComboBox::activated, this, &ForkConditionCard::changeForm);
    connect(duplicate, &QToolButton::clicked, this, &ForkConditionCard::duplicateRequested);
    connect(m_remove, &QToolButton::clicked, this, &ForkConditionCard::removeRequested);
}

QLabel* ForkConditionCard::addField(const QString& label, QWidget* field, ScheduleForm form) {
    auto* text = new QLabel(label, this);
    text->setBuddy(field);
    m_fields.push_back({form, text, field, field->layout() != nullptr});
    return text;
}

void ForkConditionCard::buildSettings() {
    auto* etaRow = new QWidget(this);
    m_eta = new RateEdit(QStringLiteral("forkEta"), tr("Bump rate"), etaRow);
    m_eta->setPlaceholderText(tr("required"));
    m_eta->setToolTip(tr("The paper does not give the rate of the bump, so there is no default."));
    m_suggest = new QToolButton(etaRow);
    m_suggest->setObjectName(QStringLiteral("forkEtaSuggestions"));
    m_suggest->setText(tr("Suggest"));
    m_suggest->setAccessibleName(tr("Suggested bump rates"));
    m_suggest->setPopupMode(QToolButton::InstantPopup);
    m_suggest->setMenu(new QMenu(m_suggest));
    auto* row = new QHBoxLayout(etaRow);
    row->setContentsMargins({});
    row->addWidget(m_eta, 1);
    row->addWidget(m_suggest);
    m_bump = makeCount(QStringLiteral("forkBump"), tr("Steps of a bump"), 1, this);
    m_cool = makeCount(QStringLiteral("forkCool"), tr("Steps of a cool phase"), 1, this);
    m_order = makeChoice(QStringLiteral("forkOrder"), tr("What a period begins with"),
                         {{tr("bump first"), static_cast<int>(OliOrder::BumpFirst)},
                          {tr("cool first"), static_cast<int>(OliOrder::CoolFirst)}},
                         this);
    m_period = makeCount(QStringLiteral("forkPeriod"), tr("Steps of the first cycle"), 1, this);
    m_factor = makeCount(QStringLiteral("forkFactor"), tr("Growth of the cycles"), 1, this);
    m_factor->setMaximum(1000);
    m_decay = makeCount(QStringLiteral("forkDecay"), tr("Steps of the decay"), 0, this);
    m_decay->setSpecialValueText(tr("a tenth of all"));
    addField(tr("Bump rate"), etaRow, ScheduleForm::Oli)->setBuddy(m_eta);
    addField(tr("Bump steps"), m_bump, ScheduleForm::Oli);
    addField(tr("Cool steps"), m_cool, ScheduleForm::Oli);
    addField(tr("Order"), m_order, ScheduleForm::Oli);
    addField(tr("Cycle steps"), m_period, ScheduleForm::Sgdr);
    addField(tr("Growth"), m_factor, ScheduleForm::Sgdr);
    addField(tr("Decay steps"), m_decay, ScheduleForm::Wsd);
    for (RateEdit* edit : {m_eta}) {
        connect(edit, &QLineEdit::textChanged, this, &ForkConditionCard::edited);
        connect(edit, &QLineEdit::editingFinished, this, &ForkConditionCard::editingFinished);
    }
    for (QSpinBox* box : {m_bump, m_cool, m_period, m_factor, m_decay}) {
        connect(box, &QSpinBox::valueChanged, this, &ForkConditionCard::edited);
        connect(box, &QSpinBox::editingFinished, this, &ForkConditionCard::editingFinished);
    }
    connect(m_order, &QComboBox::activated, this, [this] {
        edited();
        emit editingFinished();
    });
    connect(m_suggest->menu(), &QMenu::aboutToShow, this, &ForkConditionCard::fillSuggestions);
}

void ForkConditionCard::fillSuggestions() {
    QMenu* menu = m_suggest->menu();
    menu->clear();
    const auto offer = [this, menu](const QString& text, double rate) {
        connect(menu->addAction(text), &QAction::triggered, this, [this, rate] {
            m_eta->setValue(rate);
            emit editingFinished();
        });
    };
    ScheduleSettings cosine = m_condition.schedule;
    cosine.form = ScheduleForm::Neox2023;
    if (const auto baseline = Schedule::make(cosine)) {
        const double rate = baseline->learningRate(cosine.forkStep);
        for (const int factor : {1, 2, 5, 10})
            offer(tr("%1 × baseline: %2").arg(factor).arg(shortNumber(factor * rate)),
                  QLocale::c().toDouble(shortNumber(factor * rate)));
        menu->addSeparator();
    }
    for (const double rate : {6e-4, 1e-3, 3e-3}) offer(shortNumber(rate), rate);
}

ForkCondition ForkConditionCard::condition() const { return m_condition; }

void ForkConditionCard::setCondition(const ForkCondition& condition) {
    m_condition = condition;
    const ScheduleSettings& s = condition.schedule;
    setName(QString::fromStdString(condition.name));
    showChoice(m_form, static_cast<int>(s.form));
    {
        const QSignalBlocker quiet(m_eta);
        m_eta->setValue(s.bumpLr);
    }
    showCount(m_bump, s.bumpSteps);
    showCount(m_cool, s.coolSteps);
    showChoice(m_order, static_cast<int>(s.order));
    showCount(m_period, s.period);
    showCount(m_factor, s.periodFactor);
    showCount(m_decay, s.decaySteps.value_or(0));
    showFields();
}

void ForkConditionCard::setName(const QString& name) {
    m_condition.name = name.toStdString();
    if (name != m_name->text()) m_name->setText(name);
}

void ForkConditionCard::setBase(const ScheduleSettings& base) {
    ScheduleSettings& s = m_condition.schedule;
    s.lrMax = base.lrMax;
    s.lrMin = base.lrMin;
    s.warmupSteps = base.warmupSteps;
    s.totalSteps = base.totalSteps;
    s.forkStep = base.forkStep;
    showProblem();
}

void ForkConditionCard::setPlace(std::size_t index, std::size_t count) {
    m_index = index;
    m_role->setText(index == 0 ? tr("control") : QString());
    m_role->setVisible(index == 0);
    m_remove->setEnabled(count > 1);
    m_remove->setToolTip(count > 1 ? tr("Remove this condition")
                                   : tr("An experiment has at least one condition."));
    setObjectName(QStringLiteral("forkCondition%1").arg(index));
    setAccessibleName(tr("Condition %1").arg(index + 1));
    showSwatch();
}

void ForkConditionCard::setStyle(const PlotStyle& style) {
    m_style = style;
    showSwatch();
}

void ForkConditionCard::showSwatch() {
    const int em = fontMetrics().height();
    const qreal ratio = devicePixelRatioF();
    QPixmap picture((QSizeF(em * 2, em) * ratio).toSize());
    picture.setDevicePixelRatio(ratio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    QPen pen = m_style.companionPen(m_index, m_index);
    pen.setWidthF(m_style.lineWidth * 1.5);
    painter.setPen(pen);
    painter.drawLine(0, em / 2, em * 2, em / 2);
    m_swatch->setPixmap(picture);
}

QString ForkConditionCard::problem() const {
    if (m_condition.schedule.form == ScheduleForm::Oli && m_eta->isBroken())
        return tr("\"%1\" is no number.").arg(m_eta->text());
    const auto schedule = Schedule::make(m_condition.schedule);
    // What all conditions share is told once, by the page.
    if (schedule || !isOwnSetting(schedule.error().where)) return {};
    return tr("%1: %2.").arg(QString::fromStdString(schedule.error().where),
                             QString::fromStdString(schedule.error().what));
}

void ForkConditionCard::changeForm() {
    const ScheduleForm before = m_condition.schedule.form;
    m_condition.schedule.form = static_cast<ScheduleForm>(m_form->currentData().toInt());
    showFields();
    emit formChosen(before);
    emit changed();
    emit editingFinished();
}

void ForkConditionCard::edited() {
    ScheduleSettings& s = m_condition.schedule;
    m_condition.name = m_name->text().toStdString();
    s.bumpLr = m_eta->value();
    s.bumpSteps = m_bump->value();
    s.coolSteps = m_cool->value();
    s.order = static_cast<OliOrder>(m_order->currentData().toInt());
    s.period = m_period->value();
    s.periodFactor = m_factor->value();
    s.decaySteps =
        m_decay->value() > 0 ? std::optional<std::int64_t>(m_decay->value()) : std::nullopt;
    showProblem();
    emit changed();
}

void ForkConditionCard::showFields() {
    for (const Field& field : m_fields) {
        m_grid->removeWidget(field.label);
        m_grid->removeWidget(field.widget);
    }
    int row = 0, column = 0;
    for (const Field& field : m_fields) {
        const bool isShown = field.form == m_condition.schedule.form;
        field.label->setVisible(isShown);
        field.widget->setVisible(isShown);
        if (!isShown) continue;
        m_grid->addWidget(field.label, row, column);
        m_grid->addWidget(field.widget, row, column + 1, 1, field.isWide ? 3 : 1);
        column = field.isWide || column == 2 ? 0 : 2;
        if (column == 0) ++row;
    }
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnStretch(3, 1);
    showProblem();
}

void ForkConditionCard::showProblem() {
    m_message->setText(problem());
    m_message->setVisible(!m_message->text().isEmpty());
}

}  // namespace gridscope::views
