// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/associations.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/analysis/bootstrap.h"
#include "core/analysis/change_points.h"
#include "core/analysis/derivative_rule.h"
#include "core/analysis/phase_metric.h"
#include "core/base/numbers.h"
#include "core/base/random.h"

namespace gridscope {

namespace {

/// Upper quantile of the normal law by bisection.
double normalQuantile(double share) {
    double low = -10.0, high = 10.0;
    for (int i = 0; i < 80; ++i) {
        const double middle = 0.5 * (low + high);
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < share ? low : high) = middle;
    }
    return low;
}

/// A curve with its fit of straight stretches, from which resampled curves are drawn.
class ResampledGap {
public:
    ResampledGap(Curve curve, const PhaseSettings& settings) : m_curve(std::move(curve)) {
        for (const double step : m_curve.steps) m_x.push_back(std::log1p(step));
        const ChangePointSettings& rule = settings.changePoints;
        const auto fits = fitSegments(m_x, m_curve.values, rule.maxBreaks, rule.minSegmentPoints);
        m_fit = chooseFit(fits, rule);
        m_fitted = fittedValues(m_x, m_curve.values, m_fit);
    }

    const SegmentFit& fit() const { return m_fit; }

    Curve draw(Random& random) const {
        Curve drawn = m_curve;
        for (std::size_t i = 0; i < drawn.size(); ++i) {
            const auto [first, end] = stretchOf(i);
            const auto from = first + static_cast<std::size_t>(
                                          random.below(static_cast<std::uint64_t>(end - first)));
            const auto count = static_cast<double>(end - first);
            // A line takes two degrees of freedom out of the residuals.
            const double widening = count > 2 ? std::sqrt(count / (count - 2)) : 1.0;
            drawn.values[i] = m_fitted[i] + widening * (m_curve.values[from] - m_fitted[from]);
        }
        return drawn;
    }

private:
    std::pair<std::size_t, std::size_t> stretchOf(std::size_t i) const {
        std::size_t first = 0;
        for (const std::size_t at : m_fit.breaks) {
            if (i < at) return {first, at};
            first = at;
        }
        return {first, m_curve.size()};
    }

    Curve m_curve;
    std::vector<double> m_x, m_fitted;
    SegmentFit m_fit;
};

/// Slope of the line through the points first..end-1 of a curve over ln(1 + step).
double slopeOf(const Curve& curve, std::size_t first, std::size_t end) {
    double meanX = 0.0, meanY = 0.0, xx = 0.0, xy = 0.0;
    const auto n = static_cast<double>(end - first);
    for (std::size_t i = first; i < end; ++i) {
        meanX += std::log1p(curve.steps[i]) / n;
        meanY += curve.values[i] / n;
    }
    for (std::size_t i = first; i < end; ++i) {
        const double x = std::log1p(curve.steps[i]) - meanX;
        xx += x * x;
        xy += x * (curve.values[i] - meanY);
    }
    return xx > 0.0 ? xy / xx : 0.0;
}

/// The gap's onset lies behind one probed step and at the latest at the next.
struct Onset {
    double after = 0.0, at = 0.0;
};

/// The break after which the slope grows the most; nothing if it grows at none.
std::optional<Onset> onsetOf(const Curve& curve, const SegmentFit& fit) {
    std::optional<Onset> onset;
    double most = 0.0;
    for (std::size_t b = 0; b < fit.breaks.size(); ++b) {
        const std::size_t before = b == 0 ? 0 : fit.breaks[b - 1];
        const std::size_t end = b + 1 == fit.breaks.size() ? curve.size() : fit.breaks[b + 1];
        const double growth =
            slopeOf(curve, fit.breaks[b], end) - slopeOf(curve, before, fit.breaks[b]);
        if (growth <= most) continue;
        most = growth;
        onset = Onset{curve.steps[fit.breaks[b] - 1], curve.steps[fit.breaks[b]]};
    }
    return onset;
}

std::optional<Onset> onsetOfDrawn(const Curve& drawn, std::size_t breaks,
                                  const PhaseSettings& settings) {
    std::vector<double> x;
    for (const double step : drawn.steps) x.push_back(std::log1p(step));
    const auto fits = fitSegments(x, drawn.values, static_cast<int>(breaks),
                                  settings.changePoints.minSegmentPoints);
    return fits.size() > breaks ? onsetOf(drawn, fits[breaks]) : std::nullopt;
}

std::optional<double> convergenceOf(const Curve& lnPpl, const PhaseSettings& settings) {
    const ConvergenceTest test = testConvergence(lnPpl, settings.derivative);
    return test.converged ? std::optional<double>(lnPpl.steps[test.best]) : std::nullopt;
}

/// Where the learning rate has fallen to half of its maximum.
std::optional<double> halvingOf(const Curve& rate) {
    if (rate.size() == 0) return std::nullopt;
    const auto top = std::max_element(rate.values.begin(), rate.values.end());
    const double half = 0.5 * *top;
    for (auto i = static_cast<std::size_t>(top - rate.values.begin()) + 1; i < rate.size(); ++i) {
        if (rate.values[i] > half) continue;
        const double share = (rate.values[i - 1] - half) / (rate.values[i - 1] - rate.values[i]);
        return rate.steps[i - 1] + share * (rate.steps[i] - rate.steps[i - 1]);
    }
    return std::nullopt;
}

/// Differences between the onsets and the other event of the resamples, from both ends.
struct Lags {
    std::vector<double> earliest, latest;
    void add(const Onset& onset, double event) {
        earliest.push_back(onset.after - event);
        latest.push_back(onset.at - event);
    }
};

/// The interval reaches at least from one probed step around the onset to the other.
void setInterval(Association& lag, const Onset& onset, Lags lags, const PhaseSettings& settings) {
    lag.n = static_cast<int>(lags.latest.size());
    if (!lag.value || lags.latest.empty()) return;
    const double tail = 0.5 * (1.0 - settings.confidence);
    const double event = onset.at - *lag.value;
    lag.low = std::min(onset.after - event, quantile(std::move(lags.earliest), tail));
    lag.high = std::max(*lag.value, quantile(std::move(lags.latest), 1.0 - tail));
    if (2 * lag.n < settings.resamples)
        lag.note = "only " + std::to_string(lag.n) + " of " + std::to_string(settings.resamples) +
                   " resampled runs show both events";
}

std::vector<Association> lags(const Curve& lnPpl, const Curve& lnGap, const Curve& rate,
                              const PhaseSettings& settings) {
    Association convergence{"onset-after-convergence", "steps", {}, {}, {}, 0, {}, {}, {}};
    Association halving{"onset-after-learning-rate", "steps", {}, {}, {}, 0, {}, {}, {}};
    const auto least = static_cast<std::size_t>(settings.minPoints);
    if (lnGap.size() < least || lnPpl.size() < least) {
        convergence.note = halving.note =
            "not enough data: too few steps with a gap and a perplexity";
        return {convergence, halving};
    }
    const ResampledGap gap(lnGap, settings);
    const auto onset = onsetOf(lnGap, gap.fit());
    const auto converged = convergenceOf(lnPpl, settings);
    const auto halved = halvingOf(rate);
    if (!onset) convergence.note = halving.note = "the gap has no onset: it never grows faster";
    if (onset && converged) convergence.value = onset->at - *converged;
    if (onset && !converged) convergence.note = "FP32 training has not converged";
    if (onset && halved) halving.value = onset->at - *halved;
    if (onset && !halved) halving.note = "the learning rate is not known, or has not halved";

    if (!onset) return {convergence, halving};
    Lags toConvergence, toHalving;
    const auto convergences = resampledConvergence(lnPpl, settings);
    Random random(settings.seed);
    for (std::size_t r = 0; r < static_cast<std::size_t>(settings.resamples); ++r) {
        const auto drawnOnset = onsetOfDrawn(gap.draw(random), gap.fit().breaks.size(), settings);
        if (drawnOnset && r < convergences.size() && convergences[r])
            toConvergence.add(*drawnOnset, *convergences[r]);
        if (drawnOnset && halved) toHalving.add(*drawnOnset, *halved);
    }
    setInterval(convergence, *onset, std::move(toConvergence), settings);
    setInterval(halving, *onset, std::move(toHalving), settings);
    return {convergence, halving};
}

/// Correlation over the rows whose step lies in [from, to).
Association kurtosisGap(const PhaseInput& input, double from, double to,
                        const PhaseSettings& settings) {
    Association result{"kurtosis-gap", "r", {}, {}, {}, 0, from, to, {}};
    std::vector<double> x, y;
    double last = from;
    for (std::size_t i = 0; i < input.steps.size(); ++i) {
        const double gap = analysedValue("gap_percent", input.gapPercent[i]);
        if (!(input.steps[i] >= from && input.steps[i] < to)) continue;
        if (!std::isfinite(gap) || !std::isfinite(input.kurtosis[i])) continue;
        x.push_back(input.kurtosis[i]);
        y.push_back(gap);
        last = std::max(last, input.steps[i]);
    }
    result.to = last;
    result.n = static_cast<int>(x.size());
    const auto correlation = pearson(x, y, settings.confidence);
    if (!correlation) {
        result.note = "not enough data: fewer than two rows, or no change";
        return result;
    }
    result.value = correlation->r;
    result.low = correlation->low;
    result.high = correlation->high;
    if (!result.low) result.note = "no interval below four rows";
    return result;
}

}  // namespace

std::optional<Correlation> pearson(const std::vector<double>& x, const std::vector<double>& y,
                                   double confidence) {
    const auto n = static_cast<double>(x.size());
    if (x.size() < 2) return std::nullopt;
    double meanX = 0.0, meanY = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        meanX += x[i] / n;
        meanY += y[i] / n;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - meanX) * (x[i] - meanX);
        yy += (y[i] - meanY) * (y[i] - meanY);
        xy += (x[i] - meanX) * (y[i] - meanY);
    }
    if (!(xx > 0.0) || !(yy > 0.0)) return std::nullopt;
    Correlation result;
    result.r = std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
    result.n = static_cast<int>(x.size());
    if (x.size() < 4) return result;
    const double half = normalQuantile(0.5 + 0.5 * confidence) / std::sqrt(n - 3.0);
    const double z = std::atanh(result.r);
    result.low = std::tanh(z - half);
    result.high = std::tanh(z + half);
    return result;
}

std::vector<Association> associations(const PhaseInput& input, const PhaseSettings& settings) {
    const auto curveOf = [&](const std::vector<double>& values, std::string_view metric) {
        if (values.empty()) return Curve{};
        return makeCurve(input.steps, values, {},
                         [&](double value) { return analysedValue(metric, value); });
    };
    const Curve lnPpl = curveOf(input.ppl, "fp32_ppl");
    std::vector<Association> found = lags(lnPpl, curveOf(input.gapPercent, "gap_percent"),
                                          curveOf(input.learningRate, "learning_rate"), settings);
    if (input.kurtosis.empty() || input.gapPercent.empty()) return found;
    constexpr double kEnd = std::numeric_limits<double>::infinity();
    found.push_back(kurtosisGap(input, 0.0, kEnd, settings));
    PhaseSettings quick = settings;
    quick.resamples = 0;  // only the boundaries are needed
    PhaseInput fp32 = input;
    fp32.metric.clear();
    std::vector<double> cuts{0.0};
    for (const Boundary& boundary : detectByDerivative(fp32, quick).boundaries)
        cuts.push_back(boundary.step);
    if (cuts.size() == 1) return found;
    for (std::size_t i = 0; i < cuts.size(); ++i)
        found.push_back(
            kurtosisGap(input, cuts[i], i + 1 < cuts.size() ? cuts[i + 1] : kEnd, settings));
    return found;
}

}  // namespace gridscope
