// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/model_feed.h"

#include <algorithm>

#include "app/control/run_failures.h"
#include "views/plot/heat_map_data.h"

namespace gridscope::app {

using views::NavigationField;

ModelFeed::ModelFeed(JobRunner& jobRunner, SessionList& sessions, views::NavigationHistory& history,
                     const NavigationControl& navigation, QObject* parent)
    : QObject(parent), m_sessions(sessions), m_history(history), m_navigation(navigation) {
    connect(&sessions, &SessionList::listChanged, this, &ModelFeed::showRuns);
    connect(&sessions, &SessionList::sessionChanged, this,
            [this](views::RunId run, SessionPart part) {
                if (run != m_history.state().run) return;
                if (part == SessionPart::Phases) {
                    showPhases();
                } else if (part == SessionPart::Audit) {
                    showAudit();
                } else if (part == SessionPart::Failures) {
                    showFailures();
                } else if (part != SessionPart::Overlay) {
                    showCheckpoints();
                    showLayerValues();
                    showFailures();
                    showAudit();
                }
            });
    connect(&history, &views::NavigationHistory::stateChanged, this,
            [this](const views::NavigationState&, views::NavigationFields changed) {
                if (changed & NavigationField::Run) {
                    checkpoints.setRunning(-1);
                    showCheckpoints();
                    showFailures();
                    showPhases();
                    showAudit();
                }
                if (changed & (NavigationField::Run | NavigationField::Checkpoint |
                               NavigationField::Grid | NavigationField::Metric))
                    showLayerValues();
            });
    connect(&jobRunner, &JobRunner::jobChanged, this,
            [this](const views::JobStatus& status) { jobs.update(status); });
}

void ModelFeed::showRuns() {
    std::vector<views::RunRow> rows;
    for (const auto& session : m_sessions.all()) {
        views::RunRow row;
        row.id = session->id;
        row.name = session->name;
        row.place = QString::fromStdString(escapeForDisplay(
            (session->folder.empty() ? session->file : session->folder).string(), 400));
        row.readOnly = session->isReadOnly();
        if (const Trajectory* trajectory = session->trajectory()) {
            row.probed = static_cast<int>(
                std::count_if(trajectory->rows.begin(), trajectory->rows.end(),
                              [](const auto& r) { return r->status == RowStatus::Complete; }));
            row.grids = static_cast<int>(trajectory->gridIds.size());
            row.checkpoints = static_cast<int>(trajectory->rows.size());
        }
        if (session->catalog) row.checkpoints = static_cast<int>(session->catalog->entries.size());
        rows.push_back(std::move(row));
    }
    runs.setRuns(std::move(rows));
}

void ModelFeed::showCheckpoints() {
    const RunSession* run = m_navigation.session();
    checkpoints.setRows(run == nullptr
                            ? std::vector<views::CheckpointRow>()
                            : views::checkpointRows(run->catalog.get(), run->trajectory()));
    const Trajectory* trajectory = run == nullptr ? nullptr : run->trajectory();
    layers.setLayers(trajectory == nullptr ? std::vector<LayerInfo>() : trajectory->layers);
    showPhases();
}

void ModelFeed::showPhases() {
    const RunSession* run = m_navigation.session();
    if (run == nullptr)
        phases.setFindings({});
    else
        phases.setFindings(run->findings, associationRows(run->analysis.associations));
    if (run == nullptr || run->bands.boundaries.empty()) {
        checkpoints.setPhases({}, {});
        return;
    }
    QStringList names(run->bands.names.begin(), run->bands.names.end());
    std::vector<int> ofRow;
    for (const views::CheckpointRow& row : checkpoints.rows()) {
        const auto& bounds = run->bands.boundaries;
        ofRow.push_back(!row.step ? -1
                                  : static_cast<int>(std::count_if(
                                        bounds.begin(), bounds.end(), [&row](const auto& boundary) {
                                            return boundary.step <= *row.step;
                                        })));
    }
    checkpoints.setPhases(ofRow, names);
}

void ModelFeed::showAudit() {
    const RunSession* run = m_navigation.session();
    audit.setReport(run == nullptr ? nullptr : run->audit);
}

void ModelFeed::showLayerValues() {
    const RunSession* run = m_navigation.session();
    const int row = m_navigation.currentRow();
    if (run == nullptr || row < 0) {
        layers.setValues({});
        return;
    }
    const views::NavigationState& state = m_history.state();
    const QString shown = views::layerMetricFor(state.metric);
    const std::string metric = shown.toStdString();
    const MetricInfo& info = *findMetric(metric);
    const std::string grid = state.grid.toStdString();
    const auto valueOf = [&](int layer) {
        return run->table->series(metric, grid, layer).values[static_cast<std::size_t>(row)];
    };
    views::LayerValues values;
    values.title = QString::fromUtf8(info.title.data(), static_cast<qsizetype>(info.title.size()));
    if (shown != state.metric)
        values.note =
            tr("The chosen metric has one value for the whole model, so the layers show "
               "this one.");
    values.ofAll = valueOf(-1);
    for (std::size_t i = 0; i < run->table->trajectory().layers.size(); ++i)
        values.ofLayers.push_back(valueOf(static_cast<int>(i)));
    layers.setValues(std::move(values));
}

void ModelFeed::showFailures() {
    const RunSession* run = m_navigation.session();
    failures.setFailures(run == nullptr ? std::vector<Error>()
                                        : runFailures(run->trajectory(), run->reported));
}

void ModelFeed::showProgress(const views::JobStatus& status) {
    if (status.progress.item.empty()) return;
    const QString label = QString::fromStdString(escapeForDisplay(status.progress.item, 200));
    const auto& rows = checkpoints.rows();
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&label](const auto& row) { return row.label == label; });
    const bool running = status.state == views::JobState::Running && found != rows.end();
    checkpoints.setRunning(running ? static_cast<int>(found - rows.begin()) : -1);
}

}  // namespace gridscope::app
