// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/phase_control.h"

#include "core/analysis/phase_detection.h"
#include "core/analysis/phase_input.h"

namespace gridscope::app {

Expected<PhaseAnalysis> findPhases(const SeriesTable& table) {
    GRIDSCOPE_TRY_ASSIGN(input, phaseInput(table, {}));
    GRIDSCOPE_TRY_ASSIGN(report, analysePhases(input));
    return PhaseAnalysis{std::move(report), associations(input, {})};
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
    m_jobs.request<PhaseAnalysis>(
        QStringLiteral("phases-%1").arg(run.value),
        [table = session->table](ProgressSink&, std::stop_token) { return findPhases(*table); },
        this,
        [this, run](Expected<PhaseAnalysis> analysis) {
            if (analysis) m_sessions.setAnalysis(run, std::move(analysis).value());
        });
}

}  // namespace gridscope::app
