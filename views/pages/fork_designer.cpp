// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_designer.h"

#include <QGroupBox>
#include <QVBoxLayout>

#include "views/pages/fork_conditions_editor.h"
#include "views/pages/fork_probe_form.h"
#include "views/pages/fork_sources_form.h"
#include "views/pages/fork_training_form.h"
#include "views/widgets/wheel_guard.h"

namespace gridscope::views {

ForkDesigner::ForkDesigner(const GridChooserSpec& grids, QWidget* parent)
    : QWidget(parent),
      m_sources(new ForkSourcesForm(grids, this)),
      m_conditions(new ForkConditionsEditor),
      m_training(new ForkTrainingForm(this)),
      m_probes(new ForkProbeForm(this)) {
    setObjectName(QStringLiteral("scheduleDesigner"));
    setAccessibleName(tr("Design of the experiment"));
    auto* conditions = new QGroupBox(tr("Conditions"), this);
    auto* inner = new QVBoxLayout(conditions);
    inner->addWidget(m_conditions);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_sources);
    layout->addWidget(conditions);
    layout->addWidget(m_probes);
    layout->addWidget(m_training);
    layout->addStretch(1);
    new WheelGuard(this);
    connectForms();
    m_choice.design = paperForkDesign();
    setChoice(m_choice);
}

void ForkDesigner::connectForms() {
    // First of all, so that the forms agree before anybody reads them.
    connect(m_sources, &ForkSourcesForm::checkpointChosen, this, &ForkDesigner::adoptStep);
    connect(m_training, &ForkTrainingForm::baseChanged, this,
            [this] { m_conditions->applyBase(m_training->base()); });
    connect(m_sources, &ForkSourcesForm::changed, this, &ForkDesigner::read);
    connect(m_conditions, &ForkConditionsEditor::changed, this, &ForkDesigner::read);
    connect(m_training, &ForkTrainingForm::changed, this, &ForkDesigner::read);
    connect(m_probes, &ForkProbeForm::changed, this, &ForkDesigner::read);
    connect(m_sources, &ForkSourcesForm::editingFinished, this, &ForkDesigner::editingFinished);
    connect(m_conditions, &ForkConditionsEditor::editingFinished, this,
            &ForkDesigner::editingFinished);
    connect(m_training, &ForkTrainingForm::editingFinished, this, &ForkDesigner::editingFinished);
    connect(m_probes, &ForkProbeForm::editingFinished, this, &ForkDesigner::editingFinished);
}

void ForkDesigner::setChoice(const ForkChoice& choice) {
    m_choice = choice;
    m_sources->show(choice);
    m_sources->read(m_choice);  // without grids the form shows those that are offered first
    m_training->show(choice);
    m_conditions->setConditions(choice.design.conditions);
    m_conditions->setBase(m_training->base());
    m_probes->show(choice.design.probing);
    m_probes->showFindings(choice.design);
}

void ForkDesigner::read() {
    m_sources->read(m_choice);
    // What an experiment on disk is may hold more than these forms can show.
    if (!m_choice.isOpened) {
        m_training->read(m_choice);
        m_choice.design.conditions = m_conditions->conditions();
        m_choice.design.probing = m_probes->probing();
    }
    m_probes->showFindings(m_choice.design);
    emit changed();
}

void ForkDesigner::adoptStep(const QString& checkpoint) {
    const auto step = forkStepOf(checkpoint);
    if (m_choice.isOpened || !step) return;
    m_choice.design.forkStep = *step;
    m_training->show(m_choice);
    m_conditions->applyBase(m_training->base());
    read();
}

void ForkDesigner::setEditing(ForkEditing editing) {
    QString why;
    if (editing == ForkEditing::Nothing)
        why = tr("The experiment is running.");
    else if (editing == ForkEditing::Sources)
        why =
            tr("The design of an experiment on disk stays as it is. New Experiment in the menu "
               "Fork takes it over to be changed.");
    m_sources->setEnabled(editing != ForkEditing::Nothing);
    m_sources->setToolTip(m_sources->isEnabled() ? QString() : why);
    for (QWidget* form : std::initializer_list<QWidget*>{m_conditions, m_training, m_probes}) {
        form->setEnabled(editing == ForkEditing::Everything);
        form->setToolTip(why);
    }
}

void ForkDesigner::setStyle(const PlotStyle& style) { m_conditions->setStyle(style); }

QString ForkDesigner::problem() const {
    if (const QString why = forkProblem(m_choice); !why.isEmpty()) return why;
    if (const QString why = m_sources->gridProblem(); !why.isEmpty()) return why;
    if (m_choice.isOpened) return {};
    if (const QString why = m_training->problem(); !why.isEmpty()) return why;
    return m_conditions->problem();
}

}  // namespace gridscope::views
