// SPDX-License-Identifier: GPL-3.0-or-later

// Applies output heads to kept hidden states, chunk by chunk, and scores them side by side.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/model/scorer.h"
#include "core/model/torch_backend_impl.h"

namespace gridscope {

struct HiddenStates::Impl {
    at::Tensor rows;  ///< [windows * scored, hidden], after the final norm
    at::Tensor head;  ///< [vocabulary rows, hidden] that belongs to them
};

struct HeadScoringInput {
    const HiddenStates::Impl* reference = nullptr;
    std::vector<const HiddenStates::Impl*> variants;
    std::vector<std::int64_t> targets;  ///< [windows * scored]
    std::uint64_t scoredPerWindow = 0;
};

/// Scores of the reference, then of every variant. Takes the fused CPU pass for tensors on the
/// CPU and plain ATen operations elsewhere.
Expected<std::vector<WindowScores>> scoreHeads(const HeadScoringInput& input,
                                               const std::function<void(double)>& onProgress,
                                               const std::stop_token& stop);

/// The ATen path alone, on any device; the tests compare it with the fused one.
Expected<std::vector<WindowScores>> scoreHeadsReference(
    const HeadScoringInput& input, const std::function<void(double)>& onProgress,
    const std::stop_token& stop);

}  // namespace gridscope
