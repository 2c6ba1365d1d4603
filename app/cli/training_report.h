// SPDX-License-Identifier: GPL-3.0-or-later

// What training says on stderr: the bar, a line per checkpoint, a summary.
#pragma once

#include <string_view>

#include "app/cli/progress_line.h"
#include "core/training/checkpoint_folder.h"
#include "core/training/schedule.h"
#include "core/training/trainer.h"

namespace gridscope::app {

class TrainingReport final : public ProgressSink {
public:
    void report(const Progress& progress) override { m_line.report(progress); }
    void event(std::string_view text) { m_line.event(text); }
    /// Tells of what `folder` receives; this object must outlive the training.
    void follow(CheckpointFolder& folder);
    void finish(const TrainingResult& result);

private:
    ProgressLine m_line;
    TrainingPoint m_last;
};

/// Trains by `schedule`, telling all of it through `report`; Ctrl-C stops it.
/// Errors: those of train.
Expected<void> trainReported(const TrainingSettings& settings, const Schedule& schedule,
                             CheckpointFolder& folder, TrainingReport& report);

}  // namespace gridscope::app
