// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/training_report.h"

#include "app/cli/command.h"
#include "core/base/numbers.h"

namespace gridscope::app {

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
    event("trained to step " + std::to_string(result.step.value) + ", loss " +
          formatFixed(result.loss, 3) + ", " + formatFixed(1000.0 * result.secondsPerStep, 2) +
          " ms a step on " + std::to_string(result.threads) +
          (result.threads == 1 ? " thread" : " threads"));
}

Expected<void> trainReported(const TrainingSettings& settings, const Schedule& schedule,
                             CheckpointFolder& folder, TrainingReport& report) {
    report.follow(folder);
    GRIDSCOPE_TRY_ASSIGN(
        result, train(
                    settings, [&](std::int64_t step) { return schedule.learningRate(step); },
                    folder, report, cancelToken()));
    report.finish(result);
    return {};
}

}  // namespace gridscope::app
