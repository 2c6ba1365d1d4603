// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_probe_form.h"

#include <QFormLayout>
#include <QGroupBox>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

#include "views/plot/schedule_lines.h"
#include "views/widgets/number_fields.h"

namespace gridscope::views {

namespace {

constexpr std::size_t kMostListed = 12;

QLabel* wrapped(const char* name, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    return label;
}

/// "oli: 3 of 375 positions: 0, 125, 250" for each oli condition.
QString phasesText(const ForkDesign& design) {
    if (design.probing.placement != ProbePlacement::Interval) return {};
    QStringList lines;
    for (const ForkCondition& condition : design.conditions) {
        const ScheduleSettings& s = condition.schedule;
        if (s.form != ScheduleForm::Oli || s.bumpSteps < 1 || s.coolSteps < 1) continue;
        const std::int64_t period = s.bumpSteps + s.coolSteps;
        const auto phases = probePhases(period, design.probing.every, design.probing.offset);
        QStringList listed;
        for (std::size_t i = 0; i < std::min(phases.size(), kMostListed); ++i)
            listed << QLocale().toString(qlonglong{phases[i]});
        if (phases.size() > kMostListed) listed << QStringLiteral("…");
        lines << ForkProbeForm::tr("%1: steps %2 of a period of %3")
                     .arg(QString::fromStdString(condition.name), listed.join(QStringLiteral(", ")),
                          QLocale().toString(qlonglong{period}));
    }
    constexpr qsizetype kMostLines = 4;
    if (lines.size() > kMostLines) {
        const auto more = static_cast<int>(lines.size() - kMostLines);
        lines = lines.mid(0, kMostLines);
        lines << ForkProbeForm::tr("and %n more condition(s)", nullptr, more);
    }
    return lines.join(u'\n');
}

}  // namespace

ForkProbeForm::ForkProbeForm(QWidget* parent)
    : QWidget(parent),
      m_placement(
          makeChoice(QStringLiteral("forkPlacement"), tr("Where runs are probed"),
                     {{tr("at an interval"), static_cast<int>(ProbePlacement::Interval)},
                      {tr("at the end of cool phases"), static_cast<int>(ProbePlacement::CoolEnd)}},
                     this)),
      m_every(makeCount(QStringLiteral("forkEvery"), tr("Steps between probes"), 1, this)),
      m_offset(makeCount(QStringLiteral("forkOffset"), tr("Offset of the probes"), 0, this)),
      m_offsetLabel(new QLabel(tr("Offset"), this)),
      m_timing(
          makeChoice(QStringLiteral("forkTiming"), tr("Rate that a probe counts under"),
                     {{tr("of the update before"), static_cast<int>(ProbeTiming::AfterUpdate)},
                      {tr("of the update after"), static_cast<int>(ProbeTiming::BeforeUpdate)}},
                     this)),
      m_phases(wrapped("forkPhases", this)),
      m_warning(wrapped("forkAliasing", this)),
      m_suggestion(new QPushButton(tr("Probe at the End of the Cool Phase"), this)) {
    setObjectName(QStringLiteral("probePhase"));
    m_suggestion->setObjectName(QStringLiteral("forkCoolEnd"));
    m_offsetLabel->setBuddy(m_offset);
    auto* group = new QGroupBox(tr("Probes"), this);
    auto* form = new QFormLayout;
    form->addRow(tr("Placed"), m_placement);
    form->addRow(tr("Steps between"), m_every);
    form->addRow(m_offsetLabel, m_offset);
    form->addRow(tr("Counted under the rate"), m_timing);
    form->addRow(tr("Phases visited"), m_phases);
    // Outside of the form, which cuts long texts that have a row to themselves.
    auto* column = new QVBoxLayout(group);
    column->addLayout(form);
    column->addWidget(m_warning);
    column->addWidget(m_suggestion);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(group);
    for (QSpinBox* box : {m_every, m_offset}) {
        connect(box, &QSpinBox::valueChanged, this, &ForkProbeForm::edited);
        connect(box, &QSpinBox::editingFinished, this, &ForkProbeForm::editingFinished);
    }
    for (QComboBox* box : {m_placement, m_timing})
        connect(box, &QComboBox::activated, this, [this] {
            edited();
            emit editingFinished();
        });
    connect(m_suggestion, &QPushButton::clicked, this, &ForkProbeForm::probeAtCoolEnd);
    show(ForkProbing());
}

ForkProbing ForkProbeForm::probing() const {
    ForkProbing probing;
    probing.placement = static_cast<ProbePlacement>(m_placement->currentData().toInt());
    probing.every = m_every->value();
    // The end of a cool phase is where it is.
    probing.offset = probing.placement == ProbePlacement::Interval ? m_offset->value() : 0;
    probing.timing = static_cast<ProbeTiming>(m_timing->currentData().toInt());
    return probing;
}

void ForkProbeForm::show(const ForkProbing& probing) {
    showChoice(m_placement, static_cast<int>(probing.placement));
    showCount(m_every, probing.every);
    showChoice(m_timing, static_cast<int>(probing.timing));
    adoptPlacement();
    showCount(m_offset, probing.offset);
}

void ForkProbeForm::adoptPlacement() {
    const QSignalBlocker quiet(m_offset);
    m_offset->setMaximum(m_every->value() - 1);
    const bool isInterval = probing().placement == ProbePlacement::Interval;
    for (QWidget* part : std::initializer_list<QWidget*>{m_offset, m_offsetLabel})
        part->setEnabled(isInterval);
}

void ForkProbeForm::edited() {
    adoptPlacement();
    emit changed();
}

void ForkProbeForm::probeAtCoolEnd() {
    showChoice(m_placement, static_cast<int>(ProbePlacement::CoolEnd));
    edited();
    emit editingFinished();
}

void ForkProbeForm::showFindings(const ForkDesign& design) {
    ForkDesign finished = design;
    std::erase_if(finished.conditions,
                  [](const ForkCondition& c) { return !Schedule::make(c.schedule); });
    QString warning;
    if (mostProbes(finished) <= kMostProbes && checkForkDesign(finished))
        warning = QString::fromStdString(aliasingWarning(finished));
    m_warning->setText(warning);
    m_warning->setVisible(!warning.isEmpty());
    const QString phases = phasesText(design);
    const bool hasOli =
        std::any_of(design.conditions.begin(), design.conditions.end(),
                    [](const ForkCondition& c) { return c.schedule.form == ScheduleForm::Oli; });
    m_phases->setText(!phases.isEmpty() ? phases
                      : hasOli          ? tr("the end of the cool phase")
                                        : tr("no condition has phases"));
    m_suggestion->setVisible(hasOli && design.probing.placement == ProbePlacement::Interval);
}

}  // namespace gridscope::views
