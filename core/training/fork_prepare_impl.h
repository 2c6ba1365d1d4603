// SPDX-License-Identifier: GPL-3.0-or-later

// What a prepared fork experiment holds; for the .cpp files that run and price it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/model_weights.h"
#include "core/training/fork_runner.h"
#include "core/training/training_settings.h"

namespace gridscope {

struct PreparedFork::Impl {
    ForkRequest request;
    ForkRecord record;
    std::vector<Schedule> schedules;  ///< one a condition
    std::shared_ptr<const ModelWeights> weights;
    std::vector<std::uint32_t> tokens;  ///< the training stream without what is held out
    FileOrder fileOrder;                ///< of the first seed, for DataOrder::File
    std::string tokenizerJson;          ///< for the checkpoints; empty = none
    EvalWindows windows;
    int threads = 1;  ///< of training and probing: tiny models gain nothing from a second
    std::vector<std::string> notes;

    const ForkDesign& design() const { return record.design; }
};

/// Settings of one run, without places. The spans point into `prepared`.
TrainingSettings forkTrainingSettings(const PreparedFork::Impl& prepared, const ForkRunId& run);

}  // namespace gridscope
