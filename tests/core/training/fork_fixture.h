// SPDX-License-Identifier: GPL-3.0-or-later

// A made-up fork experiment on disk.
#pragma once

#include <QTemporaryDir>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/training/fork_folder.h"
#include "core/training/schedule_text.h"
#include "core/trajectory/trajectory_store.h"
#include "tests/core/trajectory/synthetic_trajectory.h"

namespace gridscope::test {

/// Cosine and oli (2 steps of bump, 4 of cool), seeds 7 and 8, probed every 3 of 12 steps from
/// step 100 on: 100, 103 (cool), 106 (bump), 109 (cool), 112 (bump).
inline ForkRecord forkRecord() {
    ScheduleSettings base;
    base.lrMax = 1e-3;
    base.lrMin = 1e-4;
    base.warmupSteps = 10;
    base.totalSteps = 1000;
    base.forkStep = 100;
    ForkRecord record;
    const std::pair<const char*, const char*> conditions[] = {
        {"cosine", "cosine"}, {"oli", "oli:eta=0.01,bump=2,cool=4"}};
    for (const auto& [name, text] : conditions) {
        const auto schedule = parseSchedule(text, base);
        if (!schedule) qFatal("%s", schedule.error().toText().c_str());
        record.design.conditions.push_back({name, schedule->settings()});
    }
    record.design.forkStep = 100;
    record.design.steps = 12;
    record.design.seeds = {7, 8};
    record.design.probing.every = 3;
    record.design.length = 64;
    record.checkpoint = "/models/demo/step100";
    record.checkpointLabel = "step100";
    record.checkpointSha256 = std::string(64, 'c');
    record.trainingSha256 = std::string(64, 'd');
    record.evaluation = "32 windows of 64 tokens";
    return record;
}

/// One row of a run's trajectory.
struct MadeRow {
    std::int64_t step = 0;
    double gapPercent = 0.0;
    double fp32Ppl = 0.0;
};

/// Writes a trajectory of one grid with these rows.
inline void writeForkRun(const std::filesystem::path& file, const std::vector<MadeRow>& rows,
                         const std::string& grid = "a4g128:minmax") {
    SyntheticSize size;
    size.gridIds = {grid, "s8channel:absmax"};
    const Trajectory plan = syntheticPlan(size);
    auto store = TrajectoryStore::open(systemFileOps(), file, plan);
    if (!store) qFatal("%s", store.error().toText().c_str());
    std::vector<std::shared_ptr<const ProbeRecord>> made;
    for (const MadeRow& row : rows) {
        auto record = syntheticRow(plan, row.step);
        record->fp32.ppl = row.fp32Ppl;
        record->grids[grid].gapPercent.value = row.gapPercent;
        record->grids[grid].ppl = row.fp32Ppl * (1.0 + row.gapPercent / 100.0);
        made.push_back(record);
    }
    const auto done = (*store)->commit(made);
    if (!done) qFatal("%s", done.error().toText().c_str());
}

/// The design and the runs of the first seed complete, oli of the second in progress, cosine of
/// the second diverged after one probe.
inline void writeForkExperiment(const std::filesystem::path& root) {
    const ForkFolder folder(systemFileOps(), root);
    const auto must = [](const Expected<void>& done) {
        if (!done) qFatal("%s", done.error().toText().c_str());
    };
    must(folder.writeRecord(forkRecord()));
    writeForkRun(
        folder.trajectory("cosine-seed7"),
        {{100, 3.0, 20.0}, {103, 4.0, 20.5}, {106, 5.0, 21.0}, {109, 6.0, 21.5}, {112, 8.0, 22.0}});
    writeForkRun(folder.trajectory("oli-seed7"), {{100, 3.0, 20.0},
                                                  {103, 2.0, 23.0},
                                                  {106, 9.0, 30.0},
                                                  {109, 3.0, 24.0},
                                                  {112, 10.0, 33.0}});
    writeForkRun(folder.trajectory("oli-seed8"), {{100, 3.0, 20.0}, {103, 2.5, 23.0}});
    writeForkRun(folder.trajectory("cosine-seed8"), {{100, 3.0, 20.0}, {103, 4.5, 20.5}});
    must(folder.writeStatus("cosine-seed7", {ForkRunState::Complete, 112, ""}));
    must(folder.writeStatus("oli-seed7", {ForkRunState::Complete, 112, ""}));
    must(folder.writeStatus("cosine-seed8", {ForkRunState::Diverged, 104, "the loss is NaN"}));
}

}  // namespace gridscope::test
