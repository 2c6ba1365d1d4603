// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_training_form.h"

#include <QGridLayout>
#include <QGroupBox>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "views/widgets/number_fields.h"
#include "views/widgets/rate_edit.h"

namespace gridscope::views {

namespace {

constexpr int kMostSeeds = 1000;

void showRate(RateEdit* edit, double value) {
    const QSignalBlocker quiet(edit);
    edit->setValue(value);
}

}  // namespace

ForkTrainingForm::ForkTrainingForm(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("forkTraining"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(buildBase());
    layout->addWidget(buildRuns());
}

void ForkTrainingForm::addWidget(QGridLayout* grid, const QString& label, QWidget* input) {
    const int place = grid->count() / 2;
    auto* text = new QLabel(label, this);
    text->setBuddy(input);
    grid->addWidget(text, place / 2, place % 2 * 2);
    grid->addWidget(input, place / 2, place % 2 * 2 + 1);
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(3, 1);
}

void ForkTrainingForm::addCount(QGridLayout* grid, const QString& label, QSpinBox* box) {
    addWidget(grid, label, box);
    connect(box, &QSpinBox::valueChanged, this, &ForkTrainingForm::changed);
    connect(box, &QSpinBox::editingFinished, this, &ForkTrainingForm::editingFinished);
}

void ForkTrainingForm::connectRate(RateEdit* edit) {
    connect(edit, &QLineEdit::textChanged, this, &ForkTrainingForm::changed);
    connect(edit, &QLineEdit::editingFinished, this, &ForkTrainingForm::editingFinished);
}

QWidget* ForkTrainingForm::buildBase() {
    auto* group = new QGroupBox(tr("Original Schedule"), this);
    group->setToolTip(tr("Of the training run that the checkpoint comes from"));
    auto* grid = new QGridLayout(group);
    m_lrMax = new RateEdit(QStringLiteral("forkLrMax"), tr("Largest learning rate"), group);
    m_lrMin = new RateEdit(QStringLiteral("forkLrMin"), tr("Smallest learning rate"), group);
    m_warmup = makeCount(QStringLiteral("forkWarmup"), tr("Warm-up steps"), 0, group);
    m_total = makeCount(QStringLiteral("forkTotal"), tr("Steps in all"), 1, group);
    m_forkStep = makeCount(QStringLiteral("forkStep"), tr("Step of the checkpoint"), 0, group);
    addWidget(grid, tr("Largest rate"), m_lrMax);
    addWidget(grid, tr("Smallest rate"), m_lrMin);
    // Before `changed`, so that the conditions have the new numbers when it is heard.
    for (QSpinBox* box : {m_warmup, m_total, m_forkStep})
        connect(box, &QSpinBox::valueChanged, this, &ForkTrainingForm::baseChanged);
    for (RateEdit* edit : {m_lrMax, m_lrMin}) {
        connect(edit, &QLineEdit::textChanged, this, &ForkTrainingForm::baseChanged);
        connectRate(edit);
    }
    addCount(grid, tr("Warm-up steps"), m_warmup);
    addCount(grid, tr("Steps in all"), m_total);
    addCount(grid, tr("Fork at step"), m_forkStep);
    return group;
}

QWidget* ForkTrainingForm::buildRuns() {
    auto* group = new QGroupBox(tr("Runs"), this);
    auto* grid = new QGridLayout(group);
    const auto count = [&](const char* name, const QString& label, const QString& spoken,
                           int least) {
        QSpinBox* box = makeCount(QString::fromLatin1(name), spoken, least, group);
        addCount(grid, label, box);
        return box;
    };
    m_seeds = count("forkSeeds", tr("Seeds"), tr("Seeds of each condition"), 1);
    m_seeds->setMaximum(kMostSeeds);
    m_firstSeed = count("forkFirstSeed", tr("First seed"), tr("First seed"), 0);
    m_steps = count("forkSteps", tr("Steps"), tr("Steps of each run"), 1);
    m_rewarm = count("forkRewarm", tr("Re-warm steps"), tr("Re-warm steps"), 0);
    m_rewarm->setToolTip(
        tr("The moments of the optimizer start at zero: public checkpoints carry "
           "none. The rate rises again over this many steps."));
    m_batch = count("forkBatch", tr("Batch"), tr("Windows of a micro-batch"), 1);
    m_length = count("forkLength", tr("Window tokens"), tr("Tokens of a training window"), 1);
    m_accumulate = count("forkAccumulate", tr("Accumulation"), tr("Micro-batches of an update"), 1);
    m_weightDecay = new RateEdit(QStringLiteral("forkWeightDecay"), tr("Weight decay"), group);
    m_clip = new RateEdit(QStringLiteral("forkClip"), tr("Largest gradient norm"), group);
    addWidget(grid, tr("Weight decay"), m_weightDecay);
    addWidget(grid, tr("Gradient clip"), m_clip);
    connectRate(m_weightDecay);
    connectRate(m_clip);
    m_order = makeChoice(QStringLiteral("forkDataOrder"), tr("Order of the data"),
                         {{tr("random"), static_cast<int>(DataOrder::Seeded)},
                          {tr("file order"), static_cast<int>(DataOrder::File)}},
                         group);
    m_order->setToolTip(
        tr("File order is for data that are shuffled already, such as "
           "Pythia's; each further seed takes the windows behind."));
    addWidget(grid, tr("Data"), m_order);
    m_firstWindow = count("forkFirstWindow", tr("First window"), tr("First window of the file"), 0);
    m_monitor = makeChoice(QStringLiteral("forkMonitor"), tr("Convergence monitor"),
                           {{tr("off"), static_cast<int>(MonitorAction::Off)},
                            {tr("stop"), static_cast<int>(MonitorAction::Stop)},
                            {tr("keep best"), static_cast<int>(MonitorAction::KeepBest)}},
                           group);
    m_monitor->setToolTip(tr("What happens where FP32 has converged"));
    m_keep = makeChoice(QStringLiteral("forkKeep"), tr("Weights that stay on disk"),
                        {{tr("last"), static_cast<int>(KeepWeights::Last)},
                         {tr("all"), static_cast<int>(KeepWeights::All)}},
                        group);
    m_keep->setToolTip(tr("Of each run the last probed checkpoint, or all that are probed"));
    addWidget(grid, tr("Monitor"), m_monitor);
    addWidget(grid, tr("Keep weights"), m_keep);
    for (QComboBox* box : {m_order, m_monitor, m_keep})
        connect(box, &QComboBox::activated, this, [this] {
            adoptOrder();
            emit changed();
            emit editingFinished();
        });
    adoptOrder();
    return group;
}

void ForkTrainingForm::adoptOrder() {
    m_firstWindow->setEnabled(static_cast<DataOrder>(m_order->currentData().toInt()) ==
                              DataOrder::File);
}

ScheduleSettings ForkTrainingForm::base() const {
    ScheduleSettings base;
    base.lrMax = m_lrMax->value().value_or(0.0);
    base.lrMin = m_lrMin->value().value_or(0.0);
    base.warmupSteps = m_warmup->value();
    base.totalSteps = m_total->value();
    base.forkStep = m_forkStep->value();
    return base;
}

QString ForkTrainingForm::problem() const {
    const std::pair<RateEdit*, QString> needed[] = {{m_lrMax, tr("the largest learning rate")},
                                                    {m_lrMin, tr("the smallest learning rate")},
                                                    {m_weightDecay, tr("the weight decay")},
                                                    {m_clip, tr("the gradient clip")}};
    for (const auto& [edit, what] : needed) {
        if (edit->isBroken()) return tr("\"%1\" is no number for %2.").arg(edit->text(), what);
        if (!edit->value()) return tr("Give %1.").arg(what);
    }
    return {};
}

void ForkTrainingForm::read(ForkChoice& choice) const {
    ForkDesign& design = choice.design;
    design.forkStep = m_forkStep->value();
    design.steps = m_steps->value();
    design.seeds.clear();
    for (int i = 0; i < m_seeds->value(); ++i)
        design.seeds.push_back(static_cast<std::uint64_t>(m_firstSeed->value()) +
                               static_cast<std::uint64_t>(i));
    design.dataOrder = static_cast<DataOrder>(m_order->currentData().toInt());
    design.firstWindow = design.dataOrder == DataOrder::File ? m_firstWindow->value() : 0;
    design.rewarmSteps = m_rewarm->value();
    design.batch = m_batch->value();
    design.length = m_length->value();
    design.accumulate = m_accumulate->value();
    design.weightDecay = m_weightDecay->value().value_or(0.0);
    design.clip = m_clip->value().value_or(0.0);
    choice.monitor = static_cast<MonitorAction>(m_monitor->currentData().toInt());
    choice.keep = static_cast<KeepWeights>(m_keep->currentData().toInt());
}

void ForkTrainingForm::show(const ForkChoice& choice) {
    const ForkDesign& design = choice.design;
    const ScheduleSettings base =
        design.conditions.empty() ? this->base() : design.conditions.front().schedule;
    showRate(m_lrMax, base.lrMax);
    showRate(m_lrMin, base.lrMin);
    showCount(m_warmup, base.warmupSteps);
    showCount(m_total, base.totalSteps);
    showCount(m_forkStep, design.forkStep);
    showCount(m_seeds, static_cast<std::int64_t>(design.seeds.size()));
    showCount(m_firstSeed,
              design.seeds.empty() ? 0 : static_cast<std::int64_t>(design.seeds.front()));
    showChoice(m_order, static_cast<int>(design.dataOrder));
    showCount(m_firstWindow, design.firstWindow);
    adoptOrder();
    showCount(m_steps, design.steps);
    showCount(m_rewarm, design.rewarmSteps);
    showCount(m_batch, design.batch);
    showCount(m_length, design.length);
    showCount(m_accumulate, design.accumulate);
    showRate(m_weightDecay, design.weightDecay);
    showRate(m_clip, design.clip);
    showChoice(m_monitor, static_cast<int>(choice.monitor));
    showChoice(m_keep, static_cast<int>(choice.keep));
}

}  // namespace gridscope::views
