// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/override_control.h"

#include <QUndoStack>

#include <algorithm>

#include "app/control/override_command.h"
#include "app/control/phase_findings.h"

namespace gridscope::app {

using views::LogLevel;

namespace {

struct Done {};  // what a save gives

QString shown(const Error& error) {
    return QString::fromStdString(escapeForDisplay(error.toText(), 400));
}

/// The finding of `detector` as core places it; empty for an unknown one.
std::vector<PlacedBoundary> placedBy(const RunSession& session, const QString& detector) {
    for (const DetectorResult& result : session.analysis.report.detectors)
        if (result.name == detector.toStdString())
            return placeBoundaries(result, session.overrides);
    return {};
}

Error noBoundary() {
    return {ErrorCode::SettingsRange, "boundary", "there is no such boundary any more", {}};
}

}  // namespace

OverrideControl::OverrideControl(JobRunner& jobs, Engine& engine, SessionList& sessions,
                                 QUndoStack& undo, QObject* parent)
    : QObject(parent), m_jobs(jobs), m_engine(engine), m_sessions(sessions), m_undo(undo) {
    connect(&sessions, &SessionList::sessionChanged, this,
            [this](views::RunId run, SessionPart part) {
                if (part != SessionPart::Data) return;
                const RunSession* session = m_sessions.find(run);
                const auto stand = m_stands.find(run);
                // A file is read once: later snapshots of a probe may be older than the session.
                if (session != nullptr &&
                    (stand == m_stands.end() || stand->second.file != session->file))
                    load(run);
            });
    connect(&sessions, &SessionList::listChanged, this, [this] {
        std::erase_if(m_stands, [this](const auto& entry) {
            return m_sessions.find(entry.first) == nullptr;
        });
    });
}

Expected<void> OverrideControl::move(views::RunId run, const QString& detector, int index,
                                     double step) {
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr || session->table == nullptr) return noBoundary();
    const auto placed = placedBy(*session, detector);
    if (index < 0 || static_cast<std::size_t>(index) >= placed.size()) return noBoundary();
    std::vector<double> steps;
    for (const PlacedBoundary& boundary : placed) steps.push_back(boundary.step);
    const auto at = static_cast<std::size_t>(index);
    if (!boundaryRoom(steps, at, probedSteps(*session->table)).holds(step))
        return Error{ErrorCode::SettingsRange, "boundary",
                     "a phase would be left without a checkpoint",
                     "Choose a step between the neighbouring boundaries"};
    BoundaryOverride moved = placed[at].moved.value_or(
        BoundaryOverride{detector.toStdString(), placed[at].kind,
                         placed[at].detected ? placed[at].detected->step : placed[at].step, step});
    moved.step = step;
    push(*session, withOverride(session->overrides, moved), tr("Move Boundary"));
    return {};
}

void OverrideControl::reset(views::RunId run, const QString& detector, int index) {
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr) return;
    const auto placed = placedBy(*session, detector);
    if (index < 0 || static_cast<std::size_t>(index) >= placed.size()) return;
    const auto& moved = placed[static_cast<std::size_t>(index)].moved;
    if (!moved) return;
    BoundaryOverrides next = session->overrides;
    std::erase(next, *moved);
    push(*session, std::move(next), tr("Reset Boundary"));
}

void OverrideControl::resetAll(views::RunId run) {
    const RunSession* session = m_sessions.find(run);
    if (session != nullptr) push(*session, {}, tr("Reset All Boundaries"));
}

void OverrideControl::push(const RunSession& session, BoundaryOverrides next, const QString& what) {
    if (next == session.overrides) return;
    m_undo.push(new OverrideCommand(*this, session.id, session.overrides, std::move(next), what));
}

void OverrideControl::apply(views::RunId run, const BoundaryOverrides& overrides) {
    m_sessions.setOverrides(run, overrides);
    save(run);
}

void OverrideControl::load(views::RunId run) {
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr || session->trajectory() == nullptr) return;
    Stand& stand = m_stands[run] = {};
    stand.file = session->file;
    const std::string& text = session->trajectory()->overridesJson;
    const auto overrides = parseBoundaryOverrides(text);
    if (!overrides) {
        // What cannot be read is not written over.
        stand.isKeptHere = true;
        emit message(LogLevel::Warning,
                     tr("%1: boundaries set by hand cannot be read (%2); new ones last until the "
                        "window closes.")
                         .arg(session->name, shown(overrides.error())));
        return;
    }
    stand.saved = boundaryOverridesToJson(*overrides);
    if (session->overrides.empty())
        m_sessions.setOverrides(run, *overrides);
    else
        save(run);  // moved before there was a file
}

void OverrideControl::save(views::RunId run) {
    const RunSession* session = m_sessions.find(run);
    const auto stand = m_stands.find(run);
    if (session == nullptr || stand == m_stands.end() || session->file.empty()) return;
    if (stand->second.isSaving || stand->second.isKeptHere) return;
    const std::string text = boundaryOverridesToJson(session->overrides);
    if (text == stand->second.saved) return;
    stand->second.isSaving = true;
    // On the lane of the probe, so that the two never want the file at the same time.
    m_jobs.submit<Done>(
        JobLane::Compute, tr("Save boundaries of %1").arg(session->name),
        [engine = &m_engine, file = session->file, text](ProgressSink&,
                                                         std::stop_token) -> Expected<Done> {
            GRIDSCOPE_TRY(engine->saveOverrides(file, text));
            return Done{};
        },
        this,
        [this, run, text, file = session->file](const Expected<Done>& outcome) {
            const auto now = m_stands.find(run);
            if (now == m_stands.end() || now->second.file != file) return;  // another file now
            saved(run, text, outcome ? Expected<void>() : Expected<void>(outcome.error()));
        });
}

void OverrideControl::saved(views::RunId run, const std::string& text,
                            const Expected<void>& outcome) {
    const auto stand = m_stands.find(run);
    if (stand == m_stands.end()) return;
    stand->second.isSaving = false;
    if (outcome) {
        stand->second.saved = text;
        save(run);  // moved again meanwhile
        return;
    }
    stand->second.isKeptHere = outcome.error().code == ErrorCode::OutputNotWritable ||
                               outcome.error().code == ErrorCode::TrajectoryLocked;
    emit message(
        LogLevel::Warning,
        tr("Boundaries set by hand last until the window closes: %1").arg(shown(outcome.error())));
}

}  // namespace gridscope::app
