// SPDX-License-Identifier: GPL-3.0-or-later

// Made-up fork experiments with numbers that can be checked by hand.
#pragma once

#include <memory>

#include "core/training/fork_report.h"

namespace gridscope::test {

/// Cosine and oli, seeds 1 to 3, forked at step 100, probed at 200 (cool), 300 (bump), 400 (cool).
/// Gaps of cosine: 6 7 8, 7 8 9, 8 9 10; of oli: 4 20 3, 5 22 4, 9 24 8. FP32 perplexity at 400:
/// 40, 41, 42 and 42, 43, 44. With the paper's numbers, without an audit.
ForkReport smallForkReport();
/// The same, but oli's third seed has not begun, and its second was not measured at 400.
ForkReport partialForkReport();
/// The small experiment before any probe.
ForkReport plannedForkReport();
/// Cosine, sgdr and oli in the size of the paper's: 3 seeds, 23 probes each, with noise.
ForkReport largeForkReport();

std::shared_ptr<const ForkReport> shared(ForkReport report);

}  // namespace gridscope::test
