// SPDX-License-Identifier: GPL-3.0-or-later

// Detectors with their boundaries, and which of them draws the bands.
#pragma once

#include <QWidget>

#include "views/phase_band.h"

class QComboBox;
class QLabel;
class QListWidget;
class QTreeView;

namespace gridscope::views {

class PhaseModel;

class PhasesPanel : public QWidget {
    Q_OBJECT
public:
    explicit PhasesPanel(PhaseModel* model, QWidget* parent = nullptr);
    /// The phases of the active run; `selected` is an index into the names, -1 = whole run.
    void showPhases(const PhaseBands& bands, int selected);

signals:
    void phaseActivated(int phase);  ///< -1 = whole run
    void phaseZoomRequested(int phase);
    void detectorChosen(const QString& id);

private:
    void fillDetectors();

    PhaseModel* m_model;
    QComboBox* m_detector;
    QListWidget* m_phases;
    QLabel* m_note;
    QTreeView* m_tree;
};

}  // namespace gridscope::views
