// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/phase_control.h"

#include "core/analysis/phase_detection.h"
#include "core/analysis/phase_input.h"

namespace gridscope::app {

Expected<PhaseReport> findPhases(const SeriesTable& table) {
    GRIDSCOPE_TRY_ASSIGN(input, phaseInput(table, {}));
    return analysePhases(input);
}

PhaseControl::PhaseControl(JobRunner& jobs, SessionList& sessions, QObject* parent)
    : QObject(parent), m_jobs(jobs), m_sessions(sessions) {
    connect(&sessions, &SessionList::sessionChanged, this,
            [this](views::RunId run, SessionPart part) {
                if (part == SessionPart::Data) request(run);
            });
}

void PhaseControl::request(views::RunId run) {
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr || session->table == nullptr) return;
    m_jobs.request<PhaseReport>(
        QStringLiteral("phases-%1").arg(run.value),
        [table = session->table](ProgressSink&, std::stop_token) { return findPhases(*table); },
        this,
        [this, run](Expected<PhaseReport> report) {
            if (report) m_sessions.setReport(run, std::move(report).value());
        });
}

}  // namespace gridscope::app
