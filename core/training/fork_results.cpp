// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/fork_results.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/quant/grid.h"
#include "core/trajectory/series_table.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope {

namespace {

/// The trajectory of a run; null where there is none yet.
Expected<std::shared_ptr<const Trajectory>> trajectoryOf(FileOps& ops, const ForkFolder& folder,
                                                         const std::string& run) {
    auto loaded = readTrajectory(ops, folder.trajectory(run));
    if (loaded) return std::move(loaded->trajectory);
    if (loaded.error().code == ErrorCode::FileMissing) return std::shared_ptr<const Trajectory>();
    return loaded.error();
}

std::vector<std::string> gridsOf(const std::vector<std::shared_ptr<const Trajectory>>& all) {
    std::vector<std::string> grids;
    for (const auto& trajectory : all) {
        if (!trajectory) continue;
        for (const std::string& id : trajectory->gridIds) {
            if (std::find(grids.begin(), grids.end(), id) == grids.end()) grids.push_back(id);
        }
    }
    return grids;
}

Expected<std::string> chooseGrid(const std::vector<std::string>& grids, const std::string& wanted) {
    if (wanted.empty()) return grids.empty() ? std::string() : grids.front();
    GRIDSCOPE_TRY_ASSIGN(parsed, parseGrid(wanted));
    const std::string id = gridId(parsed);
    if (grids.empty() || std::find(grids.begin(), grids.end(), id) != grids.end()) return id;
    std::string names;
    for (const std::string& grid : grids) names += (names.empty() ? "" : ", ") + grid;
    return Error{ErrorCode::SettingsSyntax, id, "this grid was not measured in this experiment",
                 "Choose from " + names};
}

/// What the probes of a run are judged by.
struct Rule {
    const ForkDesign& design;
    const Schedule& schedule;
    const std::string& grid;
};

std::vector<ForkProbe> probesOf(std::shared_ptr<const Trajectory> trajectory, const Rule& rule) {
    const SeriesTable table(std::move(trajectory));
    const std::vector<double> gaps = table.series("gap_percent", rule.grid).values;
    const std::vector<double> ppls = table.series("ppl", rule.grid).values;
    const std::vector<double> fp32 = table.series("fp32_ppl").values;
    const bool before = rule.design.probing.timing == ProbeTiming::BeforeUpdate;
    std::map<std::int64_t, ForkProbe> probes;
    for (std::size_t i = 0; i < table.rowCount(); ++i) {
        const std::int64_t step = table.row(i).step;
        if (step < 0) continue;
        const ForkProbe probe{
            step,
            probeKind(rule.schedule, rule.design.probing.timing, step),
            forkLearningRate(rule.schedule, rule.design, before ? step + 1 : step),
            gaps[i],
            fp32[i],
            ppls[i]};
        // Of two rows of a step the measured one counts.
        const auto [place, isNew] = probes.try_emplace(step, probe);
        if (!isNew && std::isnan(place->second.gapPercent)) place->second = probe;
    }
    std::vector<ForkProbe> ascending;
    for (const auto& [step, probe] : probes) ascending.push_back(probe);
    return ascending;
}

}  // namespace

Expected<ForkResults> readForkResults(FileOps& ops, const std::filesystem::path& folder,
                                      const std::string& grid) {
    const ForkFolder place(ops, folder);
    GRIDSCOPE_TRY_ASSIGN(record, place.readRecord());
    if (!record)
        return Error{ErrorCode::ForkMissing, folder.string(), "there is no fork.json",
                     "Give the folder that gridscope-cli fork --out wrote to"};
    ForkResults results;
    results.record = std::move(*record);
    const ForkDesign& design = results.record.design;
    GRIDSCOPE_TRY_ASSIGN(schedules, checkForkDesign(design));
    std::vector<std::shared_ptr<const Trajectory>> trajectories;
    for (const ForkRunId& id : forkRuns(design)) {
        ForkRunResult run{id.condition, id.seed, forkRunName(design, id), {}, {}};
        GRIDSCOPE_TRY_ASSIGN(status, place.readStatus(run.name));
        GRIDSCOPE_TRY_ASSIGN(trajectory, trajectoryOf(ops, place, run.name));
        run.status = std::move(status);
        results.runs.push_back(std::move(run));
        trajectories.push_back(std::move(trajectory));
    }
    results.grids = gridsOf(trajectories);
    GRIDSCOPE_TRY_ASSIGN(chosen, chooseGrid(results.grids, grid));
    results.gridId = std::move(chosen);
    for (std::size_t i = 0; i < results.runs.size(); ++i) {
        if (!trajectories[i]) continue;
        const Schedule& schedule = schedules[results.runs[i].condition];
        results.runs[i].probes =
            probesOf(std::move(trajectories[i]), {design, schedule, results.gridId});
    }
    return results;
}

std::vector<ComparedRun> comparedRuns(const ForkResults& results) {
    std::set<std::size_t> ended;
    for (const ForkRunResult& run : results.runs) {
        if (run.status.state != ForkRunState::Planned) ended.insert(run.condition);
    }
    std::vector<ComparedRun> compared;
    for (const ForkRunResult& run : results.runs) {
        if (run.status.state == ForkRunState::Planned && ended.contains(run.condition)) continue;
        ComparedRun one{run.condition, run.seed, {}, run.name};
        for (const ForkProbe& probe : run.probes) {
            if (probe.step > results.record.design.forkStep)
                one.probes.push_back({static_cast<double>(probe.step), probe.gapPercent,
                                      probe.fp32Ppl, probe.kind == ScheduleKind::Bump});
        }
        compared.push_back(std::move(one));
    }
    return compared;
}

}  // namespace gridscope
