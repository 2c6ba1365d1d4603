// SPDX-License-Identifier: GPL-3.0-or-later

// The open runs and their changes.
#pragma once

#include <QObject>

#include <memory>
#include <vector>

#include "app/control/run_session.h"

namespace gridscope::app {

enum class SessionPart { Catalog, Data, Phases, Overlay, Audit, Failures };

class SessionList : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Adds a run and gives it an id that was never used before.
    views::RunId add(RunSession session);
    void remove(views::RunId id);
    const RunSession* find(views::RunId id) const;  ///< null if closed
    const std::vector<std::unique_ptr<RunSession>>& all() const { return m_sessions; }

    void setCatalog(views::RunId id, std::shared_ptr<const CheckpointCatalog> catalog);
    /// For the catalogue that the run has now; another catalogue takes it away again.
    void setAudit(views::RunId id, std::shared_ptr<const AuditReport> report);
    /// Overlays keep their checkpoints, whatever rows come before them.
    void setTrajectory(views::RunId id, std::shared_ptr<const Trajectory> trajectory,
                       std::filesystem::path file);
    void setAnalysis(views::RunId id, PhaseAnalysis analysis);
    void setOverrides(views::RunId id, BoundaryOverrides overrides);
    /// Lets another detector draw the bands.
    void setDetector(views::RunId id, const QString& detector);
    void setOverlay(views::RunId id, std::vector<int> rows);
    /// What the last probe reported; failed rows tell of themselves.
    void setReported(views::RunId id, std::vector<Error> failures);
    void setLastChoice(views::RunId id, const views::ProbeChoice& choice);

signals:
    void listChanged();
    void sessionChanged(gridscope::views::RunId id, gridscope::app::SessionPart part);

private:
    RunSession* edit(views::RunId id);
    void placePhases(RunSession& session);

    std::vector<std::unique_ptr<RunSession>> m_sessions;
    int m_lastId = 0;
};

}  // namespace gridscope::app
