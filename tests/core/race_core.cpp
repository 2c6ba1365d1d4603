// SPDX-License-Identifier: GPL-3.0-or-later

// Runs the engine's threads against each other for the thread sanitizer: a probe with its reader
// thread, watched and stopped from outside, then resumed. No Qt, which is not instrumented.
//   race_core SUITE_FOLDER TOKENS.npy OUT.h5

#include <atomic>
#include <cstdio>
#include <thread>

#include "core/probe/eval_input.h"
#include "core/probe/probe_runner.h"
#include "core/trajectory/series_table.h"

using namespace gridscope;

namespace {

struct Shared {
    std::atomic<int> reports{0};
    std::atomic<std::size_t> rowsSeen{0};
};

Expected<ProbeOutcome> probeOnce(const ProbePlan& plan, const std::filesystem::path& out,
                                 Shared& shared, std::stop_token stop) {
    GRIDSCOPE_TRY_ASSIGN(store, TrajectoryStore::open(systemFileOps(), out, emptyTrajectory(plan)));
    const ProbeInput input{systemFileOps(),
                           plan,
                           *store,
                           [](const ProbeRecord&, ProbeStage) {},
                           [&](const std::shared_ptr<const Trajectory>& snapshot) {
                               // A reader on another thread keeps using what the writer published.
                               std::jthread([snapshot, &shared] {
                                   const SeriesTable table(snapshot);
                                   shared.rowsSeen = table.series("fp32_ppl").values.size();
                               });
                           },
                           {}};
    CallbackProgress progress([&](const Progress&) { ++shared.reports; });
    return runProbe(input, progress, stop);
}

Expected<ProbePlan> planFor(const std::filesystem::path& suite,
                            const std::filesystem::path& tokens) {
    NullProgress silent;
    GRIDSCOPE_TRY_ASSIGN(catalog, scanFolder(systemFileOps(), suite, silent, {}));
    EvalInput eval;
    eval.tokens = tokens;
    eval.windows = "4";
    eval.length = 64;
    GRIDSCOPE_TRY_ASSIGN(loaded, loadEvalWindows(systemFileOps(), eval, catalog));
    GRIDSCOPE_TRY_ASSIGN(selection, selectCheckpoints(catalog, "all"));
    ProbeSettings settings;
    settings.grids = defaultGrids();
    // One thread of libtorch's pool: its OpenMP runtime is not instrumented either.
    settings.threads = 1;
    return makePlan(catalog, selection, std::move(loaded.windows), settings);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    auto plan = planFor(argv[1], argv[2]);
    if (!plan) {
        std::fprintf(stderr, "%s\n", plan.error().toText().c_str());
        return 1;
    }
    Shared shared;
    {
        std::stop_source stop;
        std::jthread watcher([&] {
            while (shared.reports < 12) std::this_thread::yield();
            stop.request_stop();
        });
        auto stopped = probeOnce(*plan, argv[3], shared, stop.get_token());
        if (stopped || stopped.error().code != ErrorCode::RunCancelled) return 1;
    }
    auto outcome = probeOnce(*plan, argv[3], shared, {});
    if (!outcome || outcome->complete != plan->checkpoints.size()) return 1;
    std::printf("%zu rows, %d reports\n", shared.rowsSeen.load(), shared.reports.load());
    return shared.rowsSeen == plan->checkpoints.size() ? 0 : 1;
}
