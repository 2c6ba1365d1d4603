// SPDX-License-Identifier: GPL-3.0-or-later

// Detectors with their boundaries, and which of them draws the bands.
#pragma once

#include <QWidget>

#include <optional>

#include "views/phase_band.h"

class QAction;
class QComboBox;
class QLabel;
class QListWidget;
class QTreeView;

namespace gridscope::views {

class PhaseModel;

/// A boundary of one detector.
struct BoundaryPick {
    QString detector;
    int index = 0;  ///< among the boundaries of its finding
};

class PhasesPanel : public QWidget {
    Q_OBJECT
public:
    explicit PhasesPanel(PhaseModel* model, QWidget* parent = nullptr);
    /// The phases of the active run; `selected` is an index into the names, -1 = whole run.
    void showPhases(const PhaseBands& bands, int selected);
    /// The boundary that is current in the tree; nothing on a detector.
    std::optional<BoundaryPick> pickedBoundary() const;
    /// Commands of the tree's context menu.
    void setCommands(const QList<QAction*>& commands);

signals:
    void phaseActivated(int phase);  ///< -1 = whole run
    void phaseZoomRequested(int phase);
    void detectorChosen(const QString& id);
    void boundaryPicked();
    /// F2 on a boundary.
    void boundaryEditRequested();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fillDetectors();
    void showNote();
    void pick(const BoundaryPick& boundary);

    PhaseModel* m_model;
    QComboBox* m_detector;
    QListWidget* m_phases;
    QLabel* m_note;
    PhaseBands m_bands;
    std::optional<BoundaryPick> m_pickedBefore;  ///< the tree's current one, over a reset
    QTreeView* m_tree;
};

}  // namespace gridscope::views
