// SPDX-License-Identifier: GPL-3.0-or-later

// Recomputes the phases of a run when its data changed: on the view lane, the latest wins.
#pragma once

#include <QObject>

#include "app/control/session_list.h"
#include "app/jobs/job_runner.h"

namespace gridscope::app {

class PhaseControl : public QObject {
    Q_OBJECT
public:
    PhaseControl(JobRunner& jobs, SessionList& sessions, QObject* parent = nullptr);

private:
    void request(views::RunId run);

    JobRunner& m_jobs;
    SessionList& m_sessions;
};

/// All detectors and tests of association over `table`. Errors: settings.range.
Expected<PhaseAnalysis> findPhases(const SeriesTable& table);

}  // namespace gridscope::app
