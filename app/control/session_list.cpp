// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/session_list.h"

#include <algorithm>

#include "app/control/phase_findings.h"

namespace gridscope::app {

namespace {

/// Where the rows of `before` with these numbers are in `after`; those that left are dropped.
std::vector<int> movedRows(const std::vector<int>& numbers, const Trajectory& before,
                           const Trajectory& after) {
    std::vector<int> moved;
    for (const int number : numbers) {
        const ProbeRecord& old = *before.rows[static_cast<std::size_t>(number)];
        const auto found =
            std::find_if(after.rows.begin(), after.rows.end(), [&old](const auto& row) {
                // A planned row has no hash yet.
                return row->label == old.label &&
                       (old.contentSha256.empty() || row->contentSha256 == old.contentSha256);
            });
        if (found != after.rows.end())
            moved.push_back(static_cast<int>(found - after.rows.begin()));
    }
    return moved;
}

}  // namespace

views::RunId SessionList::add(RunSession session) {
    session.id = views::RunId{++m_lastId};
    m_sessions.push_back(std::make_unique<RunSession>(std::move(session)));
    emit listChanged();
    return views::RunId{m_lastId};
}

void SessionList::remove(views::RunId id) {
    std::erase_if(m_sessions, [id](const auto& session) { return session->id == id; });
    emit listChanged();
}

const RunSession* SessionList::find(views::RunId id) const {
    const auto found = std::find_if(m_sessions.begin(), m_sessions.end(),
                                    [id](const auto& session) { return session->id == id; });
    return found == m_sessions.end() ? nullptr : found->get();
}

RunSession* SessionList::edit(views::RunId id) {
    for (const auto& session : m_sessions)
        if (session->id == id) return session.get();
    return nullptr;
}

void SessionList::setCatalog(views::RunId id, std::shared_ptr<const CheckpointCatalog> catalog) {
    RunSession* session = edit(id);
    if (session == nullptr) return;
    session->catalog = std::move(catalog);
    session->audit.reset();  // its indices are those of the old catalogue
    emit sessionChanged(id, SessionPart::Catalog);
    emit listChanged();
}

void SessionList::setAudit(views::RunId id, std::shared_ptr<const AuditReport> report) {
    RunSession* session = edit(id);
    if (session == nullptr) return;
    session->audit = std::move(report);
    emit sessionChanged(id, SessionPart::Audit);
}

void SessionList::setTrajectory(views::RunId id, std::shared_ptr<const Trajectory> trajectory,
                                std::filesystem::path file) {
    RunSession* session = edit(id);
    if (session == nullptr || trajectory == nullptr) return;
    if (session->table)
        session->overlay = movedRows(session->overlay, session->table->trajectory(), *trajectory);
    session->table = std::make_shared<const SeriesTable>(std::move(trajectory));
    session->file = std::move(file);
    emit sessionChanged(id, SessionPart::Data);
    emit listChanged();
}

void SessionList::setAnalysis(views::RunId id, PhaseAnalysis analysis) {
    RunSession* session = edit(id);
    if (session == nullptr) return;
    session->analysis = std::move(analysis);
    placePhases(*session);
}

void SessionList::setOverrides(views::RunId id, BoundaryOverrides overrides) {
    RunSession* session = edit(id);
    if (session == nullptr || session->overrides == overrides) return;
    session->overrides = std::move(overrides);
    placePhases(*session);
}

void SessionList::setDetector(views::RunId id, const QString& detector) {
    RunSession* session = edit(id);
    if (session == nullptr || session->detector == detector) return;
    session->detector = detector;
    placePhases(*session);
}

void SessionList::placePhases(RunSession& session) {
    session.findings = findingsOf(session.analysis.report, session.overrides, session.detector);
    session.bands = bandsOf(session.findings);
    emit sessionChanged(session.id, SessionPart::Phases);
}

void SessionList::setOverlay(views::RunId id, std::vector<int> rows) {
    RunSession* session = edit(id);
    if (session == nullptr || session->overlay == rows) return;
    session->overlay = std::move(rows);
    emit sessionChanged(id, SessionPart::Overlay);
}

void SessionList::setReported(views::RunId id, std::vector<Error> failures) {
    RunSession* session = edit(id);
    if (session == nullptr) return;
    session->reported = std::move(failures);
    emit sessionChanged(id, SessionPart::Failures);
}

void SessionList::setLastChoice(views::RunId id, const views::ProbeChoice& choice) {
    if (RunSession* session = edit(id)) session->lastChoice = choice;
}

}  // namespace gridscope::app
