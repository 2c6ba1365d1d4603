// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/views/made_fork_report.h"

#include <QtGlobal>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/file_ops.h"
#include "core/training/schedule_text.h"
#include "tests/support/test_data.h"

namespace gridscope::test {

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

using Conditions = std::vector<std::pair<const char*, const char*>>;

ForkResults planned(const Conditions& conditions, std::int64_t forkStep, std::int64_t steps) {
    ScheduleSettings base;
    base.lrMax = 6e-4;
    base.lrMin = 6e-5;
    base.warmupSteps = 10;
    base.totalSteps = 143'000;
    base.forkStep = forkStep;
    ForkResults results;
    ForkRecord& record = results.record;
    for (const auto& [name, text] : conditions) {
        const auto schedule = parseSchedule(text, base);
        if (!schedule) qFatal("%s", schedule.error().toText().c_str());
        record.design.conditions.push_back({name, schedule->settings()});
    }
    record.design.forkStep = forkStep;
    record.design.steps = steps;
    record.design.seeds = {1, 2, 3};
    record.checkpointLabel = "step" + std::to_string(forkStep);
    record.checkpointSha256 = std::string(64, 'c');
    record.evaluation = "128 windows of 512 tokens";
    for (const ForkRunId& id : forkRuns(record.design))
        results.runs.push_back({id.condition, id.seed, forkRunName(record.design, id), {}, {}});
    return results;
}

ForkResults plannedSmall() {
    ForkResults results =
        planned({{"cosine", "cosine"}, {"oli", "oli:eta=0.006,bump=75,cool=300"}}, 100, 300);
    results.record.design.probing.every = 100;
    return results;
}

void finish(ForkRunResult& run, std::int64_t lastStep) {
    run.status.state = ForkRunState::Complete;
    run.status.step = lastStep;
}

ForkResults small() {
    constexpr std::array<std::array<double, 3>, 6> kGaps{{// seed 1: cosine, oli
                                                          {6, 7, 8},
                                                          {4, 20, 3},
                                                          // seed 2
                                                          {7, 8, 9},
                                                          {5, 22, 4},
                                                          // seed 3
                                                          {8, 9, 10},
                                                          {9, 24, 8}}};
    ForkResults results = plannedSmall();
    results.gridId = "a4g128:minmax";
    results.grids = {"a4g128:minmax", "s8channel:absmax"};
    for (std::size_t r = 0; r < results.runs.size(); ++r) {
        ForkRunResult& run = results.runs[r];
        finish(run, 400);
        run.probes.push_back({100, ScheduleKind::Decay, 5e-4, 5.0, 38.0, 39.9});
        for (std::size_t i = 0; i < 3; ++i) {
            const bool isOli = run.condition == 1;
            const bool isBump = isOli && i == 1;
            const double ppl = 39.0 + static_cast<double>(run.seed) + (isOli ? 2.0 : 0.0);
            run.probes.push_back({200 + 100 * static_cast<std::int64_t>(i),
                                  isBump  ? ScheduleKind::Bump
                                  : isOli ? ScheduleKind::Cool
                                          : ScheduleKind::Decay,
                                  5e-4, kGaps[r][i], ppl, ppl * (1 + kGaps[r][i] / 100)});
        }
    }
    return results;
}

/// Fixed noise in -1..1.
double noise(std::uint64_t& state) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 40) / static_cast<double>(1ULL << 23) - 1.0;
}

ForkReport withPaper(ForkResults results) {
    ForkReport report = makeForkReport(std::move(results));
    auto paper = readPaperFork(systemFileOps(),
                               dataFolder().parent_path().parent_path() / "resources/reference");
    if (!paper) qFatal("%s", paper.error().toText().c_str());
    report.paper = std::move(*paper);
    return report;
}

}  // namespace

ForkReport smallForkReport() { return withPaper(small()); }

ForkReport partialForkReport() {
    ForkResults results = small();
    for (ForkRunResult& run : results.runs) {
        if (run.condition != 1) continue;
        if (run.seed == 3) {
            run.probes.clear();
            run.status = {};
        }
        if (run.seed == 2) run.probes.back().gapPercent = kMissing;
    }
    return withPaper(std::move(results));
}

ForkReport plannedForkReport() { return makeForkReport(plannedSmall()); }

ForkReport largeForkReport() {
    constexpr std::int64_t kFork = 70'000;
    constexpr std::int64_t kSteps = 22'000;
    ForkResults results =
        planned({{"cosine", "cosine"}, {"sgdr", "sgdr"}, {"oli", "oli:eta=0.003,bump=75,cool=300"}},
                kFork, kSteps);
    results.gridId = "a4g128:minmax";
    results.grids = {"a4g128:minmax", "s8channel:absmax"};
    std::uint64_t state = 7;
    for (ForkRunResult& run : results.runs) {
        finish(run, kFork + kSteps);
        const double seed = 0.5 * noise(state);
        for (std::int64_t step = kFork; step <= kFork + kSteps; step += 1000) {
            const double t = static_cast<double>(step - kFork) / static_cast<double>(kSteps);
            const bool isBump = run.condition == 2 && (step - kFork) % 375 < 75 && step > kFork;
            const double gain[] = {4.0 * t, 9.0 * t * t + 2.0 * std::sin(12 * t), -3.0 * t};
            const double gap = step == kFork ? 11.4
                                             : 11.4 + gain[run.condition] + seed +
                                                   (isBump ? 14.0 + 3.0 * noise(state) : 0.0) +
                                                   0.7 * noise(state);
            const double ppl = 33.7 - t + 0.1 * noise(state) +
                               (run.condition == 1 ? 0.8 * t : 0.0) +
                               (isBump ? 20.0 : (run.condition == 2 ? 1.5 * t : 0.0));
            run.probes.push_back({step,
                                  isBump               ? ScheduleKind::Bump
                                  : run.condition == 2 ? ScheduleKind::Cool
                                                       : ScheduleKind::Decay,
                                  3e-4, gap, ppl, ppl * (1 + gap / 100)});
        }
    }
    ForkReport report = withPaper(std::move(results));
    report.audit = AuditDistance{"pythia-160m.h5",
                                 "step92000",
                                 92'000,
                                 31.2,
                                 92'000,
                                 report.comparison.rows.front().finalGap.mean,
                                 3};
    return report;
}

std::shared_ptr<const ForkReport> shared(ForkReport report) {
    return std::make_shared<const ForkReport>(std::move(report));
}

}  // namespace gridscope::test
