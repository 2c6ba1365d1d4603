// SPDX-License-Identifier: GPL-3.0-or-later

// The small run behind `gridscope-cli demo`: it shows the three phases within minutes.
#pragma once

#include "core/training/training_settings.h"

namespace gridscope {

/// Constants of the demo beside its training settings (science.md, section 7).
struct DemoRecipe {
    TrainingSettings training;         ///< without tokens, seed 0
    double largestRate = 6e-3;         ///< learning rate after the warm-up
    double smallestRate = 1.2e-4;      ///< at the end: 2 % of the largest
    std::int64_t warmupSteps = 50;     ///< then a cosine to the end
    std::int64_t vocabulary = 512;     ///< entries of the byte-level BPE to train on the text
    std::int64_t textBytes = 250'000;  ///< of English prose, about 65 epochs
};

/// 20 checkpoints: 0, 16, 64, 128, 256, 512, then every 1,000 of 14,000 steps.
DemoRecipe demoRecipe();

/// The same model over 2,000 steps (`demo --quick`): shows the working of the program, not the
/// third phase.
DemoRecipe quickDemoRecipe();

}  // namespace gridscope
