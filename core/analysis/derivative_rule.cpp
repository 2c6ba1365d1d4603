// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/derivative_rule.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/analysis/phase_intervals.h"
#include "core/analysis/phase_metric.h"
#include "core/base/numbers.h"
#include "core/base/random.h"
#include "core/base/step_text.h"

namespace gridscope {

namespace {

/// Differences of ln PPL below this are rounding, not change.
constexpr double kRounding = 1e-12;
/// Fewer second differences cannot tell the noise.
constexpr std::size_t kMinDifferences = 3;

/// 97.5 % quantile of Student's t: table, then the usual expansion around the normal quantile.
double studentQuantile(int degreesOfFreedom) {
    static constexpr std::array<double, 10> kTable{12.706, 4.303, 3.182, 2.776, 2.571,
                                                   2.447,  2.365, 2.306, 2.262, 2.228};
    if (degreesOfFreedom < 1) return kNotMeasured;
    if (degreesOfFreedom <= 10) return kTable[static_cast<std::size_t>(degreesOfFreedom - 1)];
    const double z = 1.959964;
    const double n = degreesOfFreedom;
    return z + (z * z * z + z) / (4 * n) +
           (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * n * n);
}

LocalSlope slopeOver(const Curve& curve, std::size_t first, std::size_t count) {
    double weights = 0.0;
    double meanX = 0.0;
    double meanY = 0.0;
    for (std::size_t i = first; i < first + count; ++i) {
        weights += curve.weights[i];
        meanX += curve.weights[i] * std::log(curve.steps[i]);
        meanY += curve.weights[i] * curve.values[i];
    }
    meanX /= weights;
    meanY /= weights;
    double xx = 0.0;
    double xy = 0.0;
    double spread = 0.0;
    for (std::size_t i = first; i < first + count; ++i) {
        const double x = std::log(curve.steps[i]) - meanX;
        spread += x * x;
        xx += curve.weights[i] * x * x;
        xy += curve.weights[i] * x * (curve.values[i] - meanY);
    }
    LocalSlope result{first, curve.steps[first], {}, std::sqrt(spread)};
    result.slope.value = xy / xx;
    double squares = 0.0;
    for (std::size_t i = first; i < first + count; ++i) {
        const double x = std::log(curve.steps[i]) - meanX;
        const double residual = curve.values[i] - meanY - result.slope.value * x;
        squares += curve.weights[i] * residual * residual;
    }
    const int freedom = static_cast<int>(count) - 2;
    const double half = studentQuantile(freedom) * std::sqrt(squares / freedom / xx);
    result.slope.low = result.slope.value - half;
    result.slope.high = result.slope.value + half;
    return result;
}

/// First point of the stretch whose second differences make the noise.
std::size_t noiseStart(const Curve& curve, double share) {
    const double range = curve.steps.back() - curve.steps.front();
    const double from = curve.steps.back() - share * range;
    return static_cast<std::size_t>(std::lower_bound(curve.steps.begin(), curve.steps.end(), from) -
                                    curve.steps.begin());
}

/// Second differences / sqrt 6 within the noisy stretch: each has the variance of one point
/// where the curve itself is straight.
std::vector<double> noiseResiduals(const Curve& curve, const DerivativeSettings& settings) {
    std::vector<double> residuals;
    if (curve.size() == 0) return residuals;
    for (std::size_t i = noiseStart(curve, settings.noiseShare); i + 2 < curve.size(); ++i)
        residuals.push_back((curve.values[i] - 2 * curve.values[i + 1] + curve.values[i + 2]) /
                            std::sqrt(6.0));
    return residuals;
}

/// Root mean square; NaN where the residuals are too few to tell it.
double noiseOf(const std::vector<double>& residuals) {
    if (residuals.size() < kMinDifferences) return kNotMeasured;
    double squares = 0.0;
    for (const double residual : residuals) squares += residual * residual;
    return std::sqrt(squares / static_cast<double>(residuals.size()));
}

/// The first point that lies within the allowed error of the best one.
std::size_t firstWithinReach(const Curve& curve, const ConvergenceTest& test,
                             const DerivativeSettings& settings) {
    const double reach =
        curve.values[test.best] + settings.standardErrors * test.standardError + kRounding;
    std::size_t first = 0;
    while (curve.values[first] > reach) ++first;
    return first;
}

/// Slope of the straight line over the numbers of the points from `first` to the end, ln PPL a
/// point, and its error noise / sqrt(sum (i - mean)^2). At least two points.
struct Trend {
    double slope = 0.0, error = 0.0;
};

Trend trendFrom(const Curve& curve, std::size_t first, double noise) {
    const auto count = static_cast<double>(curve.size() - first);
    const double middle = 0.5 * (count - 1);
    const double squares = count * (count * count - 1) / 12;
    double product = 0.0;
    for (std::size_t i = first; i < curve.size(); ++i)
        product += (static_cast<double>(i - first) - middle) * curve.values[i];
    return {product / squares, noise / std::sqrt(squares)};
}

std::string percent(double lnRatio) { return formatFixed(100 * std::expm1(lnRatio), 1) + " %"; }

std::string convergenceNote(const Curve& curve, const ConvergenceTest& test,
                            const DerivativeSettings& settings) {
    std::string text = "Lowest perplexity " + formatFixed(std::exp(curve.values[test.best]), 2) +
                       " at step " + formatStep(curve.steps[test.best]) + "; ";
    if (test.laterPoints == 0) return text + "no later point. ";
    text += std::to_string(test.laterPoints) + " later points lie " + percent(test.rise) +
            " above it on average";
    if (test.standardError > 0.0)
        text += ", " + formatFixed(test.rise / test.standardError, 2) + " standard errors where " +
                formatFixed(settings.standardErrors, 2) + " count";
    text += " (noise " + formatFixed(test.noise, 4) + " in ln PPL). ";
    if (test.trendErrors)
        text += "The line from step " + formatStep(curve.steps[test.within]) +
                ", the first as good, " + (*test.trendErrors < 0.0 ? "falls" : "rises") + " by " +
                formatFixed(std::abs(*test.trendErrors), 2) + " of its standard errors where " +
                formatFixed(settings.standardErrors, 2) + " count. ";
    if (test.risesBeyond && !test.converged)
        text +=
            "At least " + std::to_string(settings.minLaterPoints) + " later points are needed. ";
    return text;
}

/// Votes of the resampled curves for the two boundaries of the rule.
struct Votes {
    BoundaryVotes learningEnd, convergence;
};

/// Draws curves like the one found: its noisy part smoothed, with the noise put back.
class ResampledCurve {
public:
    ResampledCurve(const Curve& curve, const DerivativeSettings& settings)
        : m_residuals(noiseResiduals(curve, settings)), m_centre(curve.values), m_drawn(curve) {
        for (std::size_t i = noiseStart(curve, settings.noiseShare) + 1; i + 1 < curve.size(); ++i)
            m_centre[i] = (curve.values[i - 1] + curve.values[i] + curve.values[i + 1]) / 3;
    }

    const Curve& draw(Random& random) {
        for (std::size_t i = 0; i < m_centre.size(); ++i)
            m_drawn.values[i] =
                m_centre[i] +
                m_residuals[static_cast<std::size_t>(random.below(m_residuals.size()))];
        return m_drawn;
    }

private:
    std::vector<double> m_residuals, m_centre;
    Curve m_drawn;
};

Votes resample(const Curve& curve, const PhaseSettings& settings) {
    Votes votes;
    ResampledCurve resampled(curve, settings.derivative);
    Random random(settings.seed);
    const auto vote = [&](BoundaryVotes& into, std::size_t index) {
        into.from.push_back(curve.steps[index]);
        into.to.push_back(curve.steps[index]);
    };
    for (int r = 0; r < settings.resamples; ++r) {
        const Curve& drawn = resampled.draw(random);
        if (const auto end = learningEnd(drawn, settings.derivative)) vote(votes.learningEnd, *end);
        const ConvergenceTest test = testConvergence(drawn, settings.derivative);
        if (test.converged) vote(votes.convergence, test.best);
    }
    return votes;
}

}  // namespace

std::vector<LocalSlope> localSlopes(const Curve& lnPpl, const DerivativeSettings& settings) {
    std::vector<LocalSlope> slopes;
    const auto count = static_cast<std::size_t>(settings.slopePoints);
    for (std::size_t first = 0; first + count <= lnPpl.size(); ++first) {
        if (lnPpl.steps[first] > 0.0) slopes.push_back(slopeOver(lnPpl, first, count));
    }
    return slopes;
}

std::optional<std::size_t> learningEnd(const Curve& lnPpl, const DerivativeSettings& settings) {
    const std::vector<LocalSlope> slopes = localSlopes(lnPpl, settings);
    const double noise = noiseOf(noiseResiduals(lnPpl, settings));
    const double allowance = std::isnan(noise) ? 0.0 : settings.standardErrors * noise;
    // Late steps lie close together on the logarithmic scale, where noise alone is steep.
    const auto atLeast = [&](const LocalSlope& s) { return s.slope.value + allowance / s.spread; };
    const auto steepest = std::min_element(
        slopes.begin(), slopes.end(),
        [&](const LocalSlope& a, const LocalSlope& b) { return atLeast(a) < atLeast(b); });
    if (steepest == slopes.end() || atLeast(*steepest) > settings.slopeLimit) return std::nullopt;
    const auto end = std::find_if(steepest, slopes.end(), [&](const LocalSlope& s) {
        return s.slope.value > settings.slopeLimit;
    });
    if (end == slopes.end()) return std::nullopt;
    return end->first;
}

ConvergenceTest testConvergence(const Curve& lnPpl, const DerivativeSettings& settings) {
    ConvergenceTest test;
    test.noise = noiseOf(noiseResiduals(lnPpl, settings));
    if (std::isnan(test.noise)) return test;
    const auto best = std::min_element(lnPpl.values.begin(), lnPpl.values.end());
    test.best = static_cast<std::size_t>(best - lnPpl.values.begin());
    test.laterPoints = static_cast<int>(lnPpl.size() - 1 - test.best);
    // Without later points the error is that of the difference of two points.
    test.standardError = test.noise * std::sqrt(1.0 + 1.0 / std::max(test.laterPoints, 1));
    if (test.laterPoints > 0) {
        double sum = 0.0;
        for (auto later = best + 1; later != lnPpl.values.end(); ++later) sum += *later - *best;
        test.rise = sum / test.laterPoints;
    }
    test.within = firstWithinReach(lnPpl, test, settings);
    const auto sincePoints = static_cast<int>(lnPpl.size() - 1 - test.within);
    if (sincePoints == 0) return test;
    const Trend trend = trendFrom(lnPpl, test.within, test.noise);
    if (trend.error > 0.0) test.trendErrors = trend.slope / trend.error;
    const double allowed = settings.standardErrors * trend.error + kRounding;
    test.risesBeyond = test.rise > settings.standardErrors * test.standardError + kRounding &&
                       trend.slope > allowed;
    test.converged = test.risesBeyond && test.laterPoints >= settings.minLaterPoints;
    const bool falls = trend.slope < -allowed;
    if (!test.risesBeyond && !falls && sincePoints >= settings.minLaterPoints)
        test.flatSince = test.within;
    return test;
}

std::vector<std::optional<double>> resampledConvergence(const Curve& lnPpl,
                                                        const PhaseSettings& settings) {
    std::vector<std::optional<double>> found;
    if (std::isnan(testConvergence(lnPpl, settings.derivative).noise)) return found;
    ResampledCurve resampled(lnPpl, settings.derivative);
    Random random(settings.seed);
    for (int r = 0; r < settings.resamples; ++r) {
        const ConvergenceTest test = testConvergence(resampled.draw(random), settings.derivative);
        found.push_back(test.converged ? std::optional<double>(lnPpl.steps[test.best])
                                       : std::nullopt);
    }
    return found;
}

DetectorResult detectByDerivative(const PhaseInput& input, const PhaseSettings& settings) {
    DetectorResult result;
    result.name = detectorName(Detector::Derivative);
    std::vector<double> weights;
    for (const double error : input.ceStandardErrors) weights.push_back(1.0 / (error * error));
    if (!input.metric.empty() && !isLoss(input.metric)) {
        result.state = DetectorState::NotApplicable;
        result.note = "The rule is about a loss or a perplexity; " + input.metric + " is neither.";
        return result;
    }
    const std::string metric = input.metric.empty() ? "fp32_ppl" : input.metric;
    const Curve curve =
        makeCurve(input.steps, input.metric.empty() ? input.ppl : input.values, weights,
                  [&](double value) { return analysedValue(metric, value); });
    result.note = curve.remarks();
    const auto notEnough = [&](const std::string& why) {
        result.note = "Not enough data: " + why + ". " + result.note;
        result.note.pop_back();
        return result;
    };
    if (curve.size() < static_cast<std::size_t>(settings.minPoints))
        return notEnough(std::to_string(curve.size()) + " steps with a perplexity, at least " +
                         std::to_string(settings.minPoints) + " are needed");
    const ConvergenceTest test = testConvergence(curve, settings.derivative);
    if (std::isnan(test.noise))
        return notEnough("fewer than 5 steps in the last " +
                         formatFixed(100 * settings.derivative.noiseShare, 0) +
                         " % of the range, so the noise cannot be told");

    const Votes votes = resample(curve, settings);
    const auto add = [&](std::size_t index, BoundaryKind kind, const BoundaryVotes& from) {
        Boundary boundary;
        boundary.step = curve.steps[index];
        boundary.kind = kind;
        result.boundaries.push_back(withInterval(boundary, from, settings));
    };
    if (const auto end = learningEnd(curve, settings.derivative)) {
        add(*end, BoundaryKind::LearningEnd, votes.learningEnd);
        const LocalSlope slope =
            slopeOver(curve, *end, static_cast<std::size_t>(settings.derivative.slopePoints));
        result.note += "Rapid learning ends at step " + formatStep(slope.step) +
                       ": slope d ln PPL / d ln step " + formatFixed(slope.slope.value, 3) +
                       " there (" + formatFixed(slope.slope.low, 3) + " to " +
                       formatFixed(slope.slope.high, 3) + "). ";
    } else {
        result.note += "No end of rapid learning: no steep descent that levels off. ";
    }
    result.note += convergenceNote(curve, test, settings.derivative);
    result.state = DetectorState::Learning;
    if (test.converged) {
        result.state = DetectorState::Converged;
        result.convergedStep = curve.steps[test.best];
        add(test.best, BoundaryKind::Convergence, votes.convergence);
        result.note += formatFixed(100 * result.boundaries.back().support, 0) +
                       " % of the resampled curves converge too. ";
        if (test.best == 0) result.note += "It is the first step of this trajectory. ";
    } else if (test.flatSince) {
        result.state = DetectorState::Plateau;
        result.flatSince = curve.steps[*test.flatSince];
        result.note += "Flat since step " + formatStep(*result.flatSince) +
                       ": FP32 training has nothing left to give. ";
    }
    std::stable_sort(result.boundaries.begin(), result.boundaries.end(),
                     [](const Boundary& a, const Boundary& b) { return a.step < b.step; });
    result.note.pop_back();
    return result;
}

}  // namespace gridscope
