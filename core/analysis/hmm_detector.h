// SPDX-License-Identifier: GPL-3.0-or-later

// Finds phases as the states of a hidden Markov model over all metrics together.
#pragma once

#include "core/analysis/phase_types.h"

namespace gridscope {

/// Runs the left-to-right Gaussian model (gaussian_hmm.h) with 2..settings.hmm.maxStates
/// states over ln PPL, ln(1 + gap) and excess kurtosis, each standardized over the rows that have
/// all of them; a metric that too few rows have is left out and named in the note. The number of
/// states is chosen by BIC + bicMargin x states, one state (no boundary) among the choices. A
/// boundary is the first step of the next state on the Viterbi path.
///
/// Bootstrap: residuals against the means of the states, drawn with replacement within a state, one
/// draw for all metrics of a step; the model is fitted again from the parameters found, with as
/// many states. `support` is the share of resamples whose BIC prefers that number to one state
/// less. States are levels: a metric that moves steadily is cut into several, so the boundaries say
/// when the run was at which level rather than where a curve bends. Source: science.md 2.3.
DetectorResult detectByHmm(const PhaseInput& input, const PhaseSettings& settings);

}  // namespace gridscope
