// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/monitored_training.h"

#include <cmath>
#include <numeric>

#include "core/base/numbers.h"
#include "core/model/model_weights.h"
#include "core/model/scorer.h"
#include "core/model/worker_thread.h"

namespace gridscope {

Expected<double> validationLoss(FileOps& ops, const std::filesystem::path& folder,
                                const EvalWindows& windows, int threads,
                                const std::stop_token& stop) {
    NullProgress quiet;
    GRIDSCOPE_TRY_ASSIGN(catalog, scanFolder(ops, folder, quiet, stop));
    GRIDSCOPE_TRY_ASSIGN(
        weights, loadModelWeights(ops, catalog.entries.front(), NonFinitePolicy::Allow, stop));
    ScorerOptions options;
    options.threads = threads;
    Scorer scorer(weights, windows, {}, options);
    GRIDSCOPE_TRY_ASSIGN(states, scorer.hidden(stop));
    GRIDSCOPE_TRY_ASSIGN(scores, scorer.score(states, {}, stop));
    const std::vector<double>& nll = scores.front().nll;
    return std::accumulate(nll.begin(), nll.end(), 0.0) /
           static_cast<double>(windows.scoredTokens());
}

namespace {

/// Shows the monitor one saved checkpoint after the other.
class LossFeed {
public:
    LossFeed(FileOps& ops, const TrainingSettings& settings, const CheckpointFolder& folder,
             const EvalWindows& windows, TrainingMonitor& monitor,
             const std::function<void(const std::string&)>& tell)
        : m_ops(ops),
          m_steps(settings.saveSteps),
          m_threads(settings.threads),
          m_folder(folder),
          m_windows(windows),
          m_monitor(monitor),
          m_tell(tell) {}

    /// Measures the checkpoints up to `reached` that are on disk and were not measured yet. Those
    /// behind the last one that is there may still come.
    Expected<AfterSave> upTo(std::int64_t reached, const std::stop_token& stop) {
        AfterSave after = AfterSave::Continue;
        for (std::size_t i = m_next; i < m_steps.size() && m_steps[i] <= reached; ++i) {
            const TrainingStep step{m_steps[i]};
            const std::filesystem::path place = m_folder.folderOf(step);
            std::error_code ignored;
            if (!std::filesystem::exists(place / "model.safetensors", ignored)) continue;
            GRIDSCOPE_TRY_ASSIGN(loss, validationLoss(m_ops, place, m_windows, m_threads, stop));
            m_tell("step " + std::to_string(step.value) + ": validation loss " +
                   formatFixed(loss, 4));
            GRIDSCOPE_TRY_ASSIGN(wanted, m_monitor.observe(step, loss, place));
            m_newest = step;
            m_next = i + 1;
            if (wanted == AfterSave::Stop) after = wanted;
        }
        if (after == AfterSave::Stop) m_tell(m_monitor.sentence() + ": the run ends here");
        return after;
    }
    TrainingStep newest() const { return m_newest; }

private:
    FileOps& m_ops;
    std::vector<std::int64_t> m_steps;
    int m_threads;
    const CheckpointFolder& m_folder;
    const EvalWindows& m_windows;
    TrainingMonitor& m_monitor;
    const std::function<void(const std::string&)>& m_tell;
    std::size_t m_next = 0;  ///< of m_steps, the first not measured yet
    TrainingStep m_newest;   ///< that was measured
};

}  // namespace

Expected<TrainingResult> trainMonitored(FileOps& ops, TrainingSettings settings,
                                        const LearningRate& learningRate, CheckpointFolder& folder,
                                        const EvalWindows& windows, TrainingMonitor& monitor,
                                        const std::function<void(const std::string&)>& tell,
                                        ProgressSink& progress, const std::stop_token& stop) {
    // Measuring takes the threads of the training: tiny models gain nothing from a second one.
    GRIDSCOPE_TRY_ASSIGN(engine, initEngine());
    settings.threads = resolveTrainingThreads(settings, engine.threads);
    LossFeed feed(ops, settings, folder, windows, monitor, tell);
    std::error_code ignored;
    if (settings.start == RunStart::Resume &&
        std::filesystem::exists(settings.stateFile, ignored)) {
        // A run that the monitor has ended stays ended.
        GRIDSCOPE_TRY_ASSIGN(before, feed.upTo(settings.lastStep(), stop));
        if (before == AfterSave::Stop) {
            TrainingResult ended;
            ended.step = feed.newest();
            ended.resumedFrom = feed.newest();
            ended.loss = std::nan("");
            return ended;
        }
    }
    return trainInStretches(std::move(settings), learningRate, folder, progress, stop,
                            [&](TrainingStep reached) { return feed.upTo(reached.value, stop); });
}

}  // namespace gridscope
