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
    double spread = 0.0;    ///< root of the sum of squares of ln step about its mean
};

/// The numbers behind the verdict on FP32 convergence.
struct ConvergenceTest {
    std::size_t best = 0;         ///< index of the lowest ln PPL, the first of equals
    int laterPoints = 0;          ///< points after it
    double noise = kNotMeasured;  ///< standard deviation of one ln PPL; NaN = cannot be told
    double standardError = kNotMeasured;  ///< noise sqrt(1 + 1/laterPoints)
    double rise = 0.0;                    ///< mean ln PPL of the later points minus the best
    std::size_t within = 0;               ///< index of the first point within reach of the best
    /// Slope of the line from `within` to the end, in its standard errors; nothing where it has
    /// only one point or where there is no noise.
    std::optional<double> trendErrors;
    bool risesBeyond = false;              ///< both rises are beyond what noise explains
    bool converged = false;                ///< risesBeyond with enough later points
    std::optional<std::size_t> flatSince;  ///< index; only where not converged
};

/// Slopes at every positive step that has enough points after it. `lnPpl` holds ln PPL.
/// The 95 % interval is NaN for 3 points or fewer degrees of freedom than 1.
std::vector<LocalSlope> localSlopes(const Curve& lnPpl, const DerivativeSettings& settings);

/// Index of the point where rapid learning ends: the first one after the steepest slope whose
/// slope is above the limit. Steepest is the slope that is the lowest even when `standardErrors` of
/// noise / spread are added. Nothing if no slope is that clearly below the limit, or all later ones
/// are below it.
std::optional<std::size_t> learningEnd(const Curve& lnPpl, const DerivativeSettings& settings);

/// The verdict on FP32 convergence. noise = rms of the second differences of ln PPL / sqrt 6 over
/// the last `noiseShare` of the step range; needs three of them.
/// Converged: at least `minLaterPoints` points after the best average more than `standardErrors`
/// above it, and the line through all points from the first one within `standardErrors` of the best
/// to the end rises by more than `standardErrors` of its slope. The best is chosen for being the
/// lowest, so the others lie above it by luck alone; the line owes little to that choice, and
/// falls where perplexity still improves. Flat since the first point within reach: not so, that
/// line does not fall beyond its error either, and it has that many later points.
/// Takes the errors of the points as independent: a perplexity that wanders slowly seems to rise.
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
