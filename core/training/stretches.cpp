// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/stretches.h"

#include <cassert>
#include <cmath>

namespace gridscope {

namespace {

/// Ends the stretch at every save step but the first of the run, which has no state yet.
class StretchSink final : public CheckpointSink {
public:
    StretchSink(CheckpointFolder& folder, std::int64_t firstStep)
        : m_folder(folder), m_firstStep(firstStep) {}
    Expected<AfterSave> save(TrainingStep step, std::span<const NamedTensor> tensors) override {
        GRIDSCOPE_TRY(m_folder.save(step, tensors));
        return step.value == m_firstStep ? AfterSave::Continue : AfterSave::Stop;
    }
    void updated(const TrainingPoint& point) override { m_folder.updated(point); }

private:
    CheckpointFolder& m_folder;
    std::int64_t m_firstStep;
};

}  // namespace

Expected<TrainingResult> trainInStretches(TrainingSettings settings,
                                          const LearningRate& learningRate,
                                          CheckpointFolder& folder, ProgressSink& progress,
                                          const std::stop_token& stop,
                                          const BetweenStretches& between) {
    assert(!settings.stateFile.empty());
    StretchSink sink(folder, settings.firstStep);
    TrainingResult whole;
    std::int64_t from = -1;  // where this call began
    double seconds = 0.0;
    for (;;) {
        GRIDSCOPE_TRY_ASSIGN(stretch, train(settings, learningRate, sink, progress, stop));
        if (from < 0) {
            from = stretch.resumedFrom ? stretch.resumedFrom->value : settings.firstStep;
            whole = stretch;
        }
        const std::int64_t begun =
            stretch.resumedFrom ? stretch.resumedFrom->value : settings.firstStep;
        seconds += stretch.secondsPerStep * static_cast<double>(stretch.step.value - begun);
        whole.step = stretch.step;
        if (std::isfinite(stretch.loss)) whole.loss = stretch.loss;
        GRIDSCOPE_TRY_ASSIGN(after, between(stretch.step));
        if (after == AfterSave::Stop || stretch.step.value >= settings.lastStep()) break;
        settings.start = RunStart::Resume;
    }
    if (whole.step.value > from)
        whole.secondsPerStep = seconds / static_cast<double>(whole.step.value - from);
    return whole;
}

}  // namespace gridscope
