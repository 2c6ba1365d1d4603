// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/monitored_training.h"

#include <numeric>

#include "core/base/numbers.h"
#include "core/model/model_weights.h"
#include "core/model/scorer.h"

namespace gridscope {

Expected<double> validationLoss(FileOps& ops, const std::filesystem::path& folder,
                                const EvalWindows& windows, int threads,
                                const std::stop_token& stop) {
    NullProgress quiet;
    GRIDSCOPE_TRY_ASSIGN(catalog, scanFolder(ops, folder, quiet, stop));
    GRIDSCOPE_TRY_ASSIGN(weights, loadModelWeights(ops, catalog.entries.front(),
                                                   NonFinitePolicy::Allow, stop));
    ScorerOptions options;
    options.threads = threads;
    Scorer scorer(weights, windows, {}, options);
    GRIDSCOPE_TRY_ASSIGN(states, scorer.hidden(stop));
    GRIDSCOPE_TRY_ASSIGN(scores, scorer.score(states, {}, stop));
    const std::vector<double>& nll = scores.front().nll;
    return std::accumulate(nll.begin(), nll.end(), 0.0) /
           static_cast<double>(windows.scoredTokens());
}

Expected<TrainingResult> trainMonitored(FileOps& ops, TrainingSettings settings,
                                        const LearningRate& learningRate, CheckpointFolder& folder,
                                        const EvalWindows& windows, TrainingMonitor& monitor,
                                        const std::function<void(const std::string&)>& tell,
                                        ProgressSink& progress, const std::stop_token& stop) {
    const std::vector<std::int64_t> steps = settings.saveSteps;
    const int threads = settings.threads;
    std::size_t next = 0;  // of `steps`, the first not measured yet
    return trainInStretches(
        std::move(settings), learningRate, folder, progress, stop,
        [&](TrainingStep reached) -> Expected<AfterSave> {
            AfterSave after = AfterSave::Continue;
            for (; next < steps.size() && steps[next] <= reached.value; ++next) {
                const TrainingStep step{steps[next]};
                const std::filesystem::path place = folder.folderOf(step);
                std::error_code ignored;
                if (!std::filesystem::exists(place, ignored)) continue;
                GRIDSCOPE_TRY_ASSIGN(loss, validationLoss(ops, place, windows, threads, stop));
                tell("step " + std::to_string(step.value) + ": validation loss " +
                     formatFixed(loss, 4));
                GRIDSCOPE_TRY_ASSIGN(wanted, monitor.observe(step, loss, place));
                if (wanted == AfterSave::Stop) after = wanted;
            }
            if (after == AfterSave::Stop) tell(monitor.sentence() + ": the run ends here");
            return after;
        });
}

}  // namespace gridscope
