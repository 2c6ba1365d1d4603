// SPDX-License-Identifier: GPL-3.0-or-later

// Turns intents of views ("next layer", "this phase") into new navigation states.
#pragma once

#include <QObject>

#include "app/control/session_list.h"
#include "views/navigation/navigation_history.h"

namespace gridscope::app {

class NavigationControl : public QObject {
    Q_OBJECT
public:
    NavigationControl(SessionList& sessions, views::NavigationHistory& history,
                      QObject* parent = nullptr);

    const RunSession* session() const;  ///< the active run, or null
    /// Row of the current checkpoint: the chosen one, its nearest, or the last probed; -1 = none.
    int currentRow() const;

    void activateRun(views::RunId run);
    void activateCheckpoint(int row);
    void goToStep(double step);
    void activatePhase(int phase);  ///< -1 = whole run
    void zoomToPhase(int phase);
    void activateLayer(int layer);  ///< -1 = aggregate
    void setRange(views::AxisGroup group, views::AxisRange range);
    /// Every axis shows all of its data again.
    void fitAll();
    /// Lets go of the first that is there: phase, layer, checkpoint.
    void clearSelection();
    void stepCheckpoint(int delta);
    void stepLayer(int delta);
    void stepPhase(int delta);
    void stepGrid(int delta);
    void stepMetric(int delta);
    void setGrid(const QString& grid);
    /// Chooses the first grid of the run when it has no grid of that name.
    void adoptGrid();
    void setMetric(const QString& metric);
    void toggleStepScale();
    void toggleOverlay(int row);
    void goToMinimumPerplexity();

signals:
    /// For ranges that views keep to themselves.
    void valuesFitRequested();

private:
    SessionList& m_sessions;
    views::NavigationHistory& m_history;
};

}  // namespace gridscope::app
