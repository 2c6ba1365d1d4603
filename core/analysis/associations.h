// SPDX-License-Identifier: GPL-3.0-or-later

// Tests what the growth of the gap goes with: FP32 convergence, the learning rate, kurtosis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/phase_types.h"

namespace gridscope {

/// One tested pair.
struct Association {
    std::string name;  ///< "onset-after-convergence", "onset-after-learning-rate", "kurtosis-gap"
    std::string unit;  ///< "steps", or "r" for a correlation
    std::optional<double> value;      ///< nothing = could not be told, `note` says why
    std::optional<double> low, high;  ///< interval of settings.confidence
    int n = 0;                        ///< points of a correlation; resamples that show both events
    std::optional<double> from, to;   ///< steps of the phase of a correlation
    std::string note;
};

/// Pearson correlation with the interval of Fisher's z transform: tanh(atanh r +- q / sqrt(n - 3)).
/// @return nothing with fewer than two points or a constant side; no interval below four points
struct Correlation {
    double r = 0.0;
    std::optional<double> low, high;
    int n = 0;
};
std::optional<Correlation> pearson(const std::vector<double>& x, const std::vector<double>& y,
                                   double confidence);

/// Onset of the gap = the change point of ln(1 + gap) after which its slope over ln(1 + step) grows
/// the most. Lag = onset minus the other event, in steps; negative = the onset leads.
/// FP32 convergence: the derivative rule's best step, where it converges. Learning rate: the first
/// step after its maximum where it is at most half of it, between two rows by a straight line.
/// Intervals: the gap is resampled as by the change points (residuals of a fit of straight
/// stretches), perplexity as by the derivative rule, and both events are sought again; the interval
/// holds the differences of the resamples that show both. It is never narrower than the distance of
/// the probed steps around the onset.
/// Kurtosis: Pearson correlation with ln(1 + gap) over the whole run, and in each phase that the
/// boundaries of the derivative rule bound. `settings` are valid.
/// Source: science.md sections 1.4 and 2; workbench.md 5.6.
std::vector<Association> associations(const PhaseInput& input, const PhaseSettings& settings);

}  // namespace gridscope
