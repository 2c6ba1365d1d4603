// SPDX-License-Identifier: GPL-3.0-or-later

// What a reader of a fork comparison must know before believing its numbers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/analysis/fork_comparison.h"

namespace gridscope {

/// Sentences: autocorrelation, the smallest p that the numbers of seeds allow, dependent pairs, and
/// every run that lacks probes or ended before the others.
std::vector<std::string> forkRemarks(std::size_t conditions, std::span<const ComparedRun> runs,
                                     std::span<const ForkRow> rows);

}  // namespace gridscope
