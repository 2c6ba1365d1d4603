// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/training_report.h"

#include <algorithm>
#include <cmath>

#include "core/base/numbers.h"
#include "core/model/multiply_rate.h"
#include "core/model/worker_thread.h"
#include "core/training/training_cost.h"

namespace gridscope::app {

namespace {

std::string threadsText(int threads) {
    return std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

std::string bytesText(double bytes) { return formatBytes(static_cast<std::uint64_t>(bytes)); }

}  // namespace

Expected<void> TrainingReport::begin(const TrainingSettings& settings) {
    GRIDSCOPE_TRY(checkTrainingSettings(settings));
    GRIDSCOPE_TRY(checkTrainingMemory(settings));
    GRIDSCOPE_TRY_ASSIGN(engine, initEngine());
    const int threads = resolveTrainingThreads(settings, engine.threads);
    initWorkerThread(threads);
    const TrainingCost cost = estimateTraining(settings, measureMultiplyRate());
    m_tokensPerStep = static_cast<double>(settings.tokensPerStep());
    event("about " + formatDuration(cost.seconds) + " in all: " + formatFixed(cost.tokens, 0) +
          " tokens, about " + formatFixed(cost.tokens / std::max(cost.seconds, 1e-9), 0) +
          " a second on " + threadsText(threads) + ", " + formatFixed(cost.flop / 1e12, 2) +
          " TFLOP; memory " + bytesText(trainingMemoryBytes(settings)) + ", state on disk " +
          bytesText(cost.stateBytes));
    return {};
}

void TrainingReport::follow(CheckpointFolder& folder) {
    folder.onUpdate = [this](const TrainingPoint& point) { m_last = point; };
    folder.onSaved = [this](TrainingStep step) {
        std::string text = "step " + std::to_string(step.value) + " kept";
        if (m_last.step == step && step.value > 0)
            text += ", training loss " + formatFixed(m_last.loss, 3);
        m_line.event(text);
    };
}

void TrainingReport::finish(const TrainingResult& result) {
    for (const Warning& warning : result.warnings) event("note: " + warning.what);
    std::string text = "trained to step " + std::to_string(result.step.value);
    if (std::isfinite(result.loss))
        text += ", loss " + formatFixed(result.loss, 3) + ", " +
                formatFixed(1000.0 * result.secondsPerStep, 2) + " ms a step, " +
                formatFixed(m_tokensPerStep / result.secondsPerStep, 0) + " tokens a second on " +
                threadsText(result.threads);
    event(text);
}

Expected<DataOrder> dataOrderOf(const std::string& name, std::int64_t firstWindow) {
    if (name == dataOrderName(DataOrder::File)) return DataOrder::File;
    if (firstWindow != 0)
        return Error{ErrorCode::SettingsSyntax, "--first-window",
                     "windows at random places have no first one", "Add --data-order file"};
    return DataOrder::Seeded;
}

Expected<void> trainReported(const TrainingSettings& settings, const Schedule& schedule,
                             CheckpointFolder& folder, TrainingReport& report) {
    GRIDSCOPE_TRY(report.begin(settings));
    report.follow(folder);
    GRIDSCOPE_TRY_ASSIGN(
        result, train(
                    settings, [&](std::int64_t step) { return schedule.learningRate(step); },
                    folder, report, report.stop().token()));
    report.finish(result);
    return {};
}

}  // namespace gridscope::app
