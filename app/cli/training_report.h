// SPDX-License-Identifier: GPL-3.0-or-later

// What training says on stderr: the bar, a line per checkpoint, a summary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/cli/progress_line.h"
#include "app/cli/training_stop.h"
#include "core/training/checkpoint_folder.h"
#include "core/training/data_order.h"
#include "core/training/schedule.h"
#include "core/training/trainer.h"

namespace gridscope::app {

class TrainingReport final : public ProgressSink {
public:
    void report(const Progress& progress) override { m_line.report(progress); }
    void event(std::string_view text) { m_line.event(text); }
    /// Says what the run will take, at the speed of this machine, or refuses it.
    /// Errors: those of checkTrainingSettings, memory.estimate
    Expected<void> begin(const TrainingSettings& settings);
    /// Tells of what `folder` receives; this object must outlive the training.
    void follow(CheckpointFolder& folder);
    void finish(const TrainingResult& result);
    const TrainingStop& stop() const { return m_stop; }

private:
    ProgressLine m_line;
    TrainingStop m_stop;
    TrainingPoint m_last;
    double m_tokensPerStep = 0.0;
};

/// What --data-order names. Errors: settings.syntax (a --first-window that it does not use)
Expected<DataOrder> dataOrderOf(const std::string& name, std::int64_t firstWindow);

/// Trains by `schedule`, telling all of it through `report`, from begin() on, until its stop asks
/// for the end.
/// Errors: those of begin() and train.
Expected<void> trainReported(const TrainingSettings& settings, const Schedule& schedule,
                             CheckpointFolder& folder, TrainingReport& report);

}  // namespace gridscope::app
