// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>

#include "core/probe/probe_plan.h"
#include "core/probe/probe_runner.h"
#include "core/training/fork_probe_impl.h"

namespace gridscope {

namespace {

/// The checkpoints in the folder, ascending; a folder without any is no error.
Expected<CheckpointCatalog> savedCheckpoints(FileOps& ops, const std::filesystem::path& folder,
                                             const std::stop_token& stop) {
    NullProgress quiet;
    auto catalog = scanFolder(ops, folder, quiet, stop);
    if (catalog) return catalog;
    const ErrorCode code = catalog.error().code;
    if (code == ErrorCode::ScanEmpty || code == ErrorCode::ScanNotFolder ||
        code == ErrorCode::FileMissing)
        return CheckpointCatalog{};
    return catalog;
}

}  // namespace

Expected<std::shared_ptr<const Trajectory>> ForkRunProbe::probeNew(ProgressSink& progress,
                                                                   const std::stop_token& stop) {
    const ForkFolder places(m_ops, m_fork.request.out);
    GRIDSCOPE_TRY_ASSIGN(catalog, savedCheckpoints(m_ops, places.runFolder(m_run), stop));
    std::vector<std::size_t> usable;
    for (std::size_t i = 0; i < catalog.entries.size(); ++i) {
        // A folder without weights is what a kill leaves; the trainer writes it again.
        if (catalog.entries[i].usable()) usable.push_back(i);
    }
    if (usable.empty()) {
        auto present = readTrajectory(m_ops, places.trajectory(m_run));
        if (present) return present->trajectory;
        if (present.error().code == ErrorCode::FileMissing)
            return std::shared_ptr<const Trajectory>();
        return present.error();
    }
    ProbeSettings settings = m_fork.request.probe;
    // A kill may have come between a checkpoint and its state: the same bits are saved again.
    settings.onConflict = ConflictPolicy::Replace;
    settings.threads = m_fork.threads;
    GRIDSCOPE_TRY_ASSIGN(plan, makePlan(catalog, usable, m_fork.windows, std::move(settings)));
    if (!m_store) {
        GRIDSCOPE_TRY_ASSIGN(
            store, TrajectoryStore::open(m_ops, places.trajectory(m_run), emptyTrajectory(plan)));
        m_store = std::move(store);
        for (const Warning& warning : m_store->warnings()) m_warnings.push_back(warning);
    }
    const ProbeInput input{m_ops,
                           plan,
                           *m_store,
                           [](const ProbeRecord&, ProbeStage) {},
                           [](const std::shared_ptr<const Trajectory>&) {},
                           {}};
    GRIDSCOPE_TRY_ASSIGN(outcome, runProbe(input, progress, stop));
    m_failures.clear();
    for (const Error& failure : outcome.failures)
        m_failures.push_back({failure.code, m_run + ", " + failure.where, failure.what});
    return outcome.trajectory;
}

std::set<std::int64_t> ForkRunProbe::measuredSteps() const {
    std::shared_ptr<const Trajectory> trajectory;
    if (m_store)
        trajectory = m_store->snapshot();
    else if (auto loaded =
                 readTrajectory(m_ops, ForkFolder(m_ops, m_fork.request.out).trajectory(m_run)))
        trajectory = loaded->trajectory;
    std::set<std::int64_t> steps;
    if (!trajectory) return steps;
    for (const auto& row : trajectory->rows) {
        if (row->status == RowStatus::Complete) steps.insert(row->step);
    }
    return steps;
}

void ForkRunProbe::dropOldWeights(std::size_t kept) {
    const ForkFolder places(m_ops, m_fork.request.out);
    std::vector<std::filesystem::path> present;
    std::error_code ignored;
    for (const std::int64_t step : measuredSteps()) {
        const auto folder = places.runFolder(m_run) / ("step" + std::to_string(step));
        if (std::filesystem::exists(folder / "model.safetensors", ignored))
            present.push_back(folder);
    }
    for (std::size_t i = 0; i + kept < present.size(); ++i) {
        // Only what a run of this program writes; anything else keeps its folder.
        for (const char* name : {"model.safetensors", "config.json", "tokenizer.json"})
            m_ops.unlink(present[i] / name);
        std::filesystem::remove(present[i], ignored);
    }
}

}  // namespace gridscope
