// SPDX-License-Identifier: GPL-3.0-or-later

// Where the runs of a fork experiment are probed, and which part of an OLI period that meets.
#pragma once

#include <QWidget>

#include "core/training/fork_design.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace gridscope::views {

class ForkProbeForm : public QWidget {
    Q_OBJECT
public:
    explicit ForkProbeForm(QWidget* parent = nullptr);

    ForkProbing probing() const;
    void show(const ForkProbing& probing);
    /// Says what probing meets in a design, which may be unfinished.
    void showFindings(const ForkDesign& design);

signals:
    void changed();
    void editingFinished();

private:
    void probeAtCoolEnd();
    void edited();
    void adoptPlacement();

    QComboBox* m_placement;
    QSpinBox* m_every;
    QSpinBox* m_offset;
    QLabel* m_offsetLabel;
    QComboBox* m_timing;
    QLabel* m_phases;
    QLabel* m_warning;
    QPushButton* m_suggestion;
};

}  // namespace gridscope::views
