// SPDX-License-Identifier: GPL-3.0-or-later

// The user's phase boundaries: moved and reset with undo, kept in the trajectory file.
#pragma once

#include <QObject>

#include <filesystem>
#include <map>
#include <string>

#include "app/control/engine.h"
#include "app/control/session_list.h"
#include "app/jobs/job_runner.h"
#include "views/panels/log_panel.h"

class QUndoStack;

namespace gridscope::app {

class OverrideControl : public QObject {
    Q_OBJECT
public:
    OverrideControl(JobRunner& jobs, Engine& engine, SessionList& sessions, QUndoStack& undo,
                    QObject* parent = nullptr);

    /// Puts boundary `index` of a detector's finding at `step`.
    /// Errors: settings.range (no such boundary; a phase would keep no checkpoint).
    Expected<void> move(views::RunId run, const QString& detector, int index, double step);
    /// Back to where the detector finds it; quiet for a boundary that is there.
    void reset(views::RunId run, const QString& detector, int index);
    void resetAll(views::RunId run);

    /// For the commands on the undo stack: takes effect at once and is saved in the background.
    void apply(views::RunId run, const BoundaryOverrides& overrides);

signals:
    void message(gridscope::views::LogLevel level, const QString& text);

private:
    /// How the file of a run and its session stand to each other.
    struct Stand {
        std::filesystem::path file;
        std::string saved;        ///< in the file
        bool isSaving = false;    ///< a job is under way; look again when it is done
        bool isKeptHere = false;  ///< the file cannot take them; said once
    };
    void load(views::RunId run);
    void save(views::RunId run);
    void saved(views::RunId run, const std::string& text, const Expected<void>& outcome);
    void push(const RunSession& session, BoundaryOverrides next, const QString& what);

    JobRunner& m_jobs;
    Engine& m_engine;
    SessionList& m_sessions;
    QUndoStack& m_undo;
    std::map<views::RunId, Stand> m_stands;  ///< of the runs that have a file
};

}  // namespace gridscope::app
