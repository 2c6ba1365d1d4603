// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/fork_runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/training/fork_prepare_impl.h"
#include "core/training/fork_probe_impl.h"
#include "core/training/run_lock_impl.h"
#include "core/training/stretches.h"
#include "core/training/training_cost.h"

namespace gridscope {

namespace {

using Clock = std::chrono::steady_clock;

/// Turns the progress of one run into that of the whole experiment.
class ExperimentProgress final : public ProgressSink {
public:
    ExperimentProgress(ProgressSink& inner, std::uint64_t total) : m_inner(inner), m_total(total) {}

    void begin(const std::string& run, std::uint64_t doneBefore) {
        m_run = run;
        m_doneBefore = doneBefore;
        m_inRun = 0;
        m_started = false;
    }
    void report(const Progress& inner) override {
        Progress progress = inner;
        if (inner.stage == "training") {
            m_inRun = inner.done;
            if (!m_started) {
                m_started = true;
                m_skipped += m_inRun;  // made by an earlier call
            }
        }
        progress.item = m_run + (inner.item.empty() ? "" : ", " + inner.item);
        progress.stage = "training and probing";
        progress.done = m_doneBefore + m_inRun;
        progress.total = m_total;
        progress.etaSeconds = secondsLeft(progress.done);
        m_inner.report(progress);
    }
    /// A run that an earlier call finished, or that will not be finished.
    void skip(std::uint64_t steps) { m_skipped += steps; }

private:
    double secondsLeft(std::uint64_t done) const {
        const double made = static_cast<double>(done) - static_cast<double>(m_skipped);
        if (made < 1.0) return std::nan("");
        const double seconds = std::chrono::duration<double>(Clock::now() - m_start).count();
        return seconds / made * static_cast<double>(m_total - done);
    }

    ProgressSink& m_inner;
    std::uint64_t m_total;
    std::string m_run;
    std::uint64_t m_doneBefore = 0, m_inRun = 0, m_skipped = 0;
    bool m_started = false;
    Clock::time_point m_start = Clock::now();
};

/// One run from where it stands to its end.
class ForkRun {
public:
    ForkRun(FileOps& ops, const PreparedFork::Impl& fork, const ForkRunId& id,
            const ForkCallbacks& callbacks, ConvergenceMonitor monitor)
        : m_ops(ops),
          m_fork(fork),
          m_id(id),
          m_name(forkRunName(fork.design(), id)),
          m_places(ops, fork.request.out),
          m_callbacks(callbacks),
          m_probe(ops, fork, m_name),
          m_monitor(ops, fork.request.monitor, m_places.root() / "best" / m_name,
                    std::move(monitor)),
          m_newest(fork.design().forkStep) {}

    /// @return how it ended. Errors: all but training.diverged
    Expected<ForkRunStatus> run(ProgressSink& progress, const std::stop_token& stop);
    const ForkRunProbe& probe() const { return m_probe; }
    const std::vector<Warning>& warnings() const { return m_warnings; }

private:
    /// Probes what is new and asks the monitor.
    Expected<AfterSave> measure(ProgressSink& progress, const std::stop_token& stop);
    TrainingSettings settings() const;

    FileOps& m_ops;
    const PreparedFork::Impl& m_fork;
    ForkRunId m_id;
    std::string m_name;
    ForkFolder m_places;
    const ForkCallbacks& m_callbacks;
    ForkRunProbe m_probe;
    TrainingMonitor m_monitor;
    std::int64_t m_newest;  ///< step of the last complete probe
    std::vector<Warning> m_warnings;
};

TrainingSettings ForkRun::settings() const {
    TrainingSettings settings = forkTrainingSettings(m_fork, m_id);
    settings.files = &m_ops;
    settings.stateFile = m_places.stateFile(m_name);
    settings.stateEvery = stateInterval(settings);
    const auto present = openForReading(m_ops, settings.stateFile);
    settings.start = present ? RunStart::Resume : RunStart::Fresh;
    return settings;
}

Expected<AfterSave> ForkRun::measure(ProgressSink& progress, const std::stop_token& stop) {
    GRIDSCOPE_TRY_ASSIGN(trajectory, m_probe.probeNew(progress, stop));
    if (!trajectory) return AfterSave::Continue;
    AfterSave after = AfterSave::Continue;
    for (const auto& row : trajectory->rows) {
        if (row->status != RowStatus::Complete) continue;
        m_newest = row->step;
        GRIDSCOPE_TRY_ASSIGN(
            wanted, m_monitor.observe(TrainingStep{row->step}, row->fp32.ce.value, row->source));
        if (wanted == AfterSave::Stop) after = wanted;
    }
    // The newest but one stays for the flips of the next.
    if (m_fork.request.keep == KeepWeights::Last) m_probe.dropOldWeights(2);
    m_callbacks.onRows(m_name, trajectory);
    m_callbacks.onRun(m_name, {ForkRunState::Planned, m_newest, {}});
    return after;
}

Expected<ForkRunStatus> ForkRun::run(ProgressSink& progress, const std::stop_token& stop) {
    GRIDSCOPE_TRY(makeFolders(m_ops, m_places.runFolder(m_name)));
    const Schedule& schedule = m_fork.schedules[m_id.condition];
    const LearningRate rate = [&](std::int64_t step) {
        return forkLearningRate(schedule, m_fork.design(), step);
    };
    CheckpointFolder folder(m_ops, m_places.runFolder(m_name), m_fork.weights->config(),
                            m_fork.tokenizerJson);
    GRIDSCOPE_TRY_ASSIGN(before, measure(progress, stop));
    if (before == AfterSave::Continue) {
        auto trained = trainInStretches(settings(), rate, folder, progress, stop,
                                        [&](TrainingStep) { return measure(progress, stop); });
        if (!trained && trained.error().code == ErrorCode::TrainingDiverged)
            return ForkRunStatus{ForkRunState::Diverged, m_newest, trained.error().toText()};
        if (!trained) return trained.error();
        m_warnings = trained->warnings;
        if (trained->step.value >= m_fork.design().lastStep())
            return ForkRunStatus{ForkRunState::Complete, trained->step.value, {}};
    }
    return ForkRunStatus{ForkRunState::Stopped, m_newest, m_monitor.sentence()};
}

}  // namespace

Expected<ForkOutcome> runForks(FileOps& ops, const PreparedFork& prepared,
                               const ForkCallbacks& callbacks, ProgressSink& progress,
                               const std::stop_token& stop) {
    const PreparedFork::Impl& fork = prepared.impl();
    const ForkFolder places(ops, fork.request.out);
    GRIDSCOPE_TRY(
        checkTrainingMemory(forkTrainingSettings(fork, {0, fork.design().seeds.front()})));
    GRIDSCOPE_TRY(makeFolders(ops, places.root()));
    // Two processes on one experiment would write the same state files.
    GRIDSCOPE_TRY_ASSIGN(lock, lockRun(ops, places.designFile()));
    GRIDSCOPE_TRY(places.writeRecord(fork.record));
    const std::vector<ForkRunId> runs = forkRuns(fork.design());
    const auto steps = static_cast<std::uint64_t>(fork.design().steps);
    ExperimentProgress whole(progress, steps * runs.size());
    ForkOutcome outcome;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::string name = forkRunName(fork.design(), runs[i]);
        whole.begin(name, steps * i);
        GRIDSCOPE_TRY_ASSIGN(status, places.readStatus(name));
        if (status.state == ForkRunState::Planned) {
            callbacks.onRun(name, status);
            GRIDSCOPE_TRY_ASSIGN(monitor, ConvergenceMonitor::make());
            ForkRun run(ops, fork, runs[i], callbacks, std::move(monitor));
            GRIDSCOPE_TRY_ASSIGN(ended, run.run(whole, stop));
            status = ended;
            for (const Warning& warning : run.warnings()) outcome.warnings.push_back(warning);
            for (const auto* told : {&run.probe().warnings(), &run.probe().failures()})
                outcome.warnings.insert(outcome.warnings.end(), told->begin(), told->end());
            outcome.failedProbes += run.probe().failures().size();
            GRIDSCOPE_TRY(places.writeStatus(name, status));
        } else {
            whole.skip(steps);
        }
        // A finished run needs neither its state nor the weights before the last; a
        // kill may have left them.
        ops.unlink(places.stateFile(name));
        if (fork.request.keep == KeepWeights::Last) ForkRunProbe(ops, fork, name).dropOldWeights(1);
        callbacks.onRun(name, status);
        outcome.complete += status.state == ForkRunState::Complete ? 1 : 0;
        outcome.stopped += status.state == ForkRunState::Stopped ? 1 : 0;
        outcome.diverged += status.state == ForkRunState::Diverged ? 1 : 0;
    }
    return outcome;
}

}  // namespace gridscope
