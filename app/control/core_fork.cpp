// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/core_fork.h"

#include <QFile>

#include <system_error>

#include "app/control/choice_settings.h"
#include "app/control/fork_settings.h"

namespace gridscope::app {

namespace {

QString textOf(const std::filesystem::path& path) {
    return QFile::decodeName(QByteArray::fromStdString(path.string()));
}

Expected<std::vector<views::ForkRunRow>> runRows(const ForkFolder& folder,
                                                 const ForkDesign& design) {
    std::vector<views::ForkRunRow> rows;
    for (const ForkRunId& run : forkRuns(design)) {
        const std::string name = forkRunName(design, run);
        GRIDSCOPE_TRY_ASSIGN(status, folder.readStatus(name));
        views::ForkRunRow row{QString::fromStdString(name),
                              forkRunMood(status.state),
                              status.step,
                              QString::fromStdString(escapeForDisplay(status.note, 400)),
                              {}};
        std::error_code ignored;
        const std::filesystem::path file = folder.trajectory(name);
        if (std::filesystem::exists(file, ignored)) row.trajectory = textOf(file);
        rows.push_back(std::move(row));
    }
    return rows;
}

/// Fills in what the first trajectory tells of the evaluation.
void adoptEvaluation(FileOps& ops, const std::vector<views::ForkRunRow>& rows,
                     views::ForkChoice& choice) {
    for (const views::ForkRunRow& row : rows) {
        if (row.trajectory.isEmpty()) continue;
        const auto loaded = readTrajectory(ops, pathOf(row.trajectory));
        if (!loaded) continue;  // the report says why
        for (const std::string& id : loaded->trajectory->gridIds)
            choice.grids << QString::fromStdString(id);
        if (const auto probe = choiceOf(*loaded->trajectory, {})) {
            choice.evalTokens = probe->tokens;
            choice.windows = probe->windows;
            if (probe->length) choice.evalLength = QString::number(*probe->length);
        }
        return;
    }
}

}  // namespace

Expected<ForkPlan> planFork(FileOps& ops, const views::ForkChoice& choice,
                            const std::function<double(int)>& rateWith, ProgressSink& progress,
                            const std::stop_token& stop) {
    GRIDSCOPE_TRY_ASSIGN(request, forkRequestOf(choice));
    GRIDSCOPE_TRY_ASSIGN(prepared, prepareFork(ops, request, progress, stop));
    ForkPlan plan;
    plan.cost = estimateForkCost(ops, prepared, rateWith(prepared.threads()));
    plan.notes = prepared.notes();
    GRIDSCOPE_TRY_ASSIGN(rows, runRows(ForkFolder(ops, request.out), prepared.record().design));
    plan.runs = std::move(rows);
    return plan;
}

Expected<ForkOutcome> runFork(FileOps& ops, const views::ForkChoice& choice,
                              const ForkCallbacks& callbacks, ProgressSink& progress,
                              const std::stop_token& stop) {
    GRIDSCOPE_TRY_ASSIGN(request, forkRequestOf(choice));
    GRIDSCOPE_TRY_ASSIGN(prepared, prepareFork(ops, request, progress, stop));
    return runForks(ops, prepared, callbacks, progress, stop);
}

Expected<OpenedFork> openFork(FileOps& ops, const std::filesystem::path& path) {
    const ForkFolder folder(ops, path);
    GRIDSCOPE_TRY_ASSIGN(record, folder.readRecord());
    if (!record)
        return Error{ErrorCode::ForkMissing, folder.designFile().string(),
                     "there is no fork experiment in this folder",
                     "Choose the folder that holds fork.json"};
    OpenedFork opened;
    opened.choice.isOpened = true;
    opened.choice.design = record->design;
    opened.choice.checkpoint = textOf(record->checkpoint);
    opened.choice.out = textOf(path);
    GRIDSCOPE_TRY_ASSIGN(rows, runRows(folder, record->design));
    adoptEvaluation(ops, rows, opened.choice);
    opened.runs = std::move(rows);
    return opened;
}

Expected<ForkReport> readForkReport(FileOps& ops, const ForkReportRequest& request,
                                    const std::filesystem::path& references) {
    GRIDSCOPE_TRY_ASSIGN(results, readForkResults(ops, request.folder, request.grid));
    ForkReport report = makeForkReport(std::move(results));
    // Both are extras: where they are missing, the view shows none.
    if (request.audit) {
        auto distance = auditDistance(report.results, *request.audit, request.auditName);
        if (distance) report.audit = std::move(*distance);
    }
    if (auto paper = readPaperFork(ops, references)) report.paper = std::move(*paper);
    return report;
}

}  // namespace gridscope::app
