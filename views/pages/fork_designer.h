// SPDX-License-Identifier: GPL-3.0-or-later

// The form of a fork experiment: fork point, data, schedules, runs, probes.
#pragma once

#include <QWidget>

#include "views/pages/fork_choice.h"
#include "views/style/plot_style.h"
#include "views/widgets/grid_chooser.h"

namespace gridscope::views {

class ForkConditionsEditor;
class ForkProbeForm;
class ForkSourcesForm;
class ForkTrainingForm;

/// What may be changed.
enum class ForkEditing {
    Everything,
    Sources,  ///< an experiment on disk: where its data lie, not what it is
    Nothing,  ///< it runs
};

class ForkDesigner : public QWidget {
    Q_OBJECT
public:
    explicit ForkDesigner(const GridChooserSpec& grids, QWidget* parent = nullptr);

    ForkChoice choice() const { return m_choice; }
    /// Without a signal.
    void setChoice(const ForkChoice& choice);
    void setEditing(ForkEditing editing);
    void setStyle(const PlotStyle& style);
    /// Why no experiment can be made of the choice; empty = nothing is seen yet.
    QString problem() const;

signals:
    void changed();
    /// One edit is finished: what undo takes back.
    void editingFinished();

private:
    void connectForms();
    void read();
    void adoptStep(const QString& checkpoint);

    ForkChoice m_choice;
    ForkSourcesForm* m_sources;
    ForkConditionsEditor* m_conditions;
    ForkTrainingForm* m_training;
    ForkProbeForm* m_probes;
};

}  // namespace gridscope::views
