// SPDX-License-Identifier: GPL-3.0-or-later

// Files that a fork design names, and what a scripted engine answers about them.
#pragma once

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include "app/control/engine.h"
#include "views/pages/fork_choice.h"

namespace gridscope::test {

/// A folder with an empty checkpoint of step 70,000 and a file of tokens.
class ForkFiles {
public:
    ForkFiles() {
        QDir(m_folder.path()).mkpath(QStringLiteral("run/step70000"));
        QFile tokens(path("tokens.npy"));
        if (!tokens.open(QIODevice::WriteOnly)) qFatal("no token file");
        tokens.write("x");
    }
    QString path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }

    /// The paper's experiment with everything it needs.
    views::ForkChoice choice() const {
        views::ForkChoice choice;
        choice.checkpoint = path("run/step70000");
        choice.out = path("fork");
        choice.tokens = path("tokens.npy");
        choice.grids = {QStringLiteral("a4g128:minmax"), QStringLiteral("s8channel:absmax")};
        choice.design = views::paperForkDesign();
        choice.design.conditions[2].schedule.bumpLr = 1e-3;
        return choice;
    }

private:
    QTemporaryDir m_folder;
};

/// Every run of the design planned, an hour of work, room for all of it.
inline app::ForkPlan scriptedPlan(const views::ForkChoice& choice) {
    app::ForkPlan plan;
    plan.cost.tokens = static_cast<double>(choice.design.tokensPerRun());
    plan.cost.seconds = 3600.0;
    plan.cost.diskBytes = 1e9;
    plan.cost.freeDiskBytes = 1e12;
    plan.cost.memoryBytes = 1e9;
    plan.cost.freeMemoryBytes = 1e10;
    for (const ForkRunId& run : forkRuns(choice.design))
        plan.runs.push_back({QString::fromStdString(forkRunName(choice.design, run)),
                             views::ForkRunMood::Planned,
                             0,
                             {},
                             {}});
    return plan;
}

/// The experiment of `choice` as it stands when `finished` of its runs are complete.
inline ForkReport scriptedReport(const views::ForkChoice& choice, std::size_t finished) {
    ForkResults results;
    results.record.design = choice.design;
    results.gridId = "a4g128:minmax";
    results.grids = {"a4g128:minmax", "s8channel:absmax"};
    for (const ForkRunId& id : forkRuns(choice.design)) {
        ForkRunResult run;
        run.condition = id.condition;
        run.seed = id.seed;
        run.name = forkRunName(choice.design, id);
        if (results.runs.size() < finished) {
            run.status = {ForkRunState::Complete, choice.design.lastStep(), {}};
            for (const std::int64_t step : forkProbeSteps(choice.design))
                run.probes.push_back({step, ScheduleKind::Decay, 1e-4, 5.0, 20.0, 21.0});
        }
        results.runs.push_back(std::move(run));
    }
    return makeForkReport(std::move(results));
}

}  // namespace gridscope::test
