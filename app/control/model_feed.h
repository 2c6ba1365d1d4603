// SPDX-License-Identifier: GPL-3.0-or-later

// Keeps the item models in step with the active run and with what is looked at.
#pragma once

#include <QObject>

#include "app/control/navigation_control.h"
#include "app/jobs/job_runner.h"
#include "views/models/audit_model.h"
#include "views/models/checkpoint_model.h"
#include "views/models/failure_model.h"
#include "views/models/job_model.h"
#include "views/models/layer_model.h"
#include "views/models/phase_model.h"
#include "views/models/run_model.h"

namespace gridscope::app {

class ModelFeed : public QObject {
    Q_OBJECT
public:
    ModelFeed(JobRunner& jobs, SessionList& sessions, views::NavigationHistory& history,
              const NavigationControl& navigation, QObject* parent = nullptr);

    views::RunModel runs;
    views::CheckpointModel checkpoints;
    views::LayerModel layers;
    views::PhaseModel phases;
    views::JobModel jobs;
    views::FailureModel failures;
    views::AuditModel audit;

    /// Marks the checkpoint that `status` of a probe of the shown run works on.
    void showProgress(const views::JobStatus& status);

private:
    void showRuns();
    void showCheckpoints();
    void showPhases();
    void showAudit();
    void showLayerValues();
    void showFailures();

    SessionList& m_sessions;
    views::NavigationHistory& m_history;
    const NavigationControl& m_navigation;
};

}  // namespace gridscope::app
