// SPDX-License-Identifier: GPL-3.0-or-later

// What all runs of a fork experiment share: the original schedule's numbers and the recipe.
#pragma once

#include <QWidget>

#include "views/pages/fork_choice.h"

class QComboBox;
class QGridLayout;
class QSpinBox;

namespace gridscope::views {

class RateEdit;

class ForkTrainingForm : public QWidget {
    Q_OBJECT
public:
    explicit ForkTrainingForm(QWidget* parent = nullptr);

    /// Writes what this form asks for into `choice`; conditions are left alone.
    void read(ForkChoice& choice) const;
    void show(const ForkChoice& choice);
    /// Rates, warm-up, total and fork step that the conditions share.
    ScheduleSettings base() const;
    /// A text that is no number; empty = none.
    QString problem() const;

signals:
    void baseChanged();
    void changed();
    void editingFinished();

private:
    QWidget* buildBase();
    QWidget* buildRuns();
    void addCount(QGridLayout* grid, const QString& label, QSpinBox* box);
    void addWidget(QGridLayout* grid, const QString& label, QWidget* input);
    void connectRate(RateEdit* edit);
    void adoptOrder();

    RateEdit* m_lrMax = nullptr;
    RateEdit* m_lrMin = nullptr;
    QSpinBox* m_warmup = nullptr;
    QSpinBox* m_total = nullptr;
    QSpinBox* m_forkStep = nullptr;
    QSpinBox* m_seeds = nullptr;
    QSpinBox* m_firstSeed = nullptr;
    QComboBox* m_order = nullptr;
    QSpinBox* m_firstWindow = nullptr;
    QSpinBox* m_steps = nullptr;
    QSpinBox* m_rewarm = nullptr;
    QSpinBox* m_batch = nullptr;
    QSpinBox* m_length = nullptr;
    QSpinBox* m_accumulate = nullptr;
    RateEdit* m_weightDecay = nullptr;
    RateEdit* m_clip = nullptr;
    QComboBox* m_monitor = nullptr;
    QComboBox* m_keep = nullptr;
};

}  // namespace gridscope::views
