// SPDX-License-Identifier: GPL-3.0-or-later

// The paper's phase rule: where rapid learning ends and where FP32 perplexity stops improving.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/phase_types.h"
#include "core/trajectory/record.h"

namespace gridscope {

/// Slope d ln PPL / d ln step over one point and the ones after it.
struct LocalSlope {
    std::size_t first = 0;  ///< index of the first point in the curve
    double step = 0.0;      ///< its step
    Estimate slope;         ///< weighted least squares, Student interval of the residuals
};

/// The numbers behind the verdict on FP32 convergence.
struct ConvergenceTest {
    std::size_t best = 0;         ///< index of the lowest ln PPL, the first of equals
    int laterPoints = 0;          ///< points after it
    double noise = kNotMeasured;  ///< standard deviation of one ln PPL; NaN = cannot be told
    double standardError = kNotMeasured;   ///< noise sqrt(1 + 1/laterPoints)
    double rise = 0.0;                     ///< mean ln PPL of the later points minus the best
    double threshold = kNotMeasured;       ///< standard errors that the rise must exceed
    bool risesBeyond = false;              ///< rise > threshold x standardError
    bool converged = false;                ///< risesBeyond with enough later points
    std::optional<std::size_t> flatSince;  ///< index; only where not converged
};

/// Slopes at every positive step that has enough points after it. `lnPpl` holds ln PPL.
/// The 95 % interval is NaN for 3 points or fewer degrees of freedom than 1.
std::vector<LocalSlope> localSlopes(const Curve& lnPpl, const DerivativeSettings& settings);

/// Index of the point where rapid learning ends: the first one after the steepest slope whose
/// slope is above the limit. Nothing if no slope is below the limit, or all later ones are.
std::optional<std::size_t> learningEnd(const Curve& lnPpl, const DerivativeSettings& settings);

/// The verdict on FP32 convergence. noise = rms of the second differences of ln PPL / sqrt 6 over
/// the last `noiseShare` of the step range; needs three of them.
/// The threshold is `standardErrors`, or more where the best is the lowest of many flat points:
/// the m points from the first one within `standardErrors` of the best to the end have their
/// lowest z noises below their mean with chance 1 - (1 - Q(z))^m, Q the upper normal tail.
ConvergenceTest testConvergence(const Curve& lnPpl, const DerivativeSettings& settings);

/// Step of convergence in each resampled curve (see detectByDerivative), nothing in one that does
/// not converge. Empty where the noise cannot be told.
std::vector<std::optional<double>> resampledConvergence(const Curve& lnPpl,
                                                        const PhaseSettings& settings);

/// Runs the whole rule with bootstrap intervals. `settings` are valid.
///
/// Bootstrap: the residuals are the second differences / sqrt 6 that the noise is made of. They
/// are drawn with replacement and added to the curve, whose noisy part is smoothed by a mean of
/// three first; the rule runs on every such curve. Source: science.md 2.1.
DetectorResult detectByDerivative(const PhaseInput& input, const PhaseSettings& settings);

}  // namespace gridscope
