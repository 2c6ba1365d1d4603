// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/hmm_detector.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/analysis/gaussian_hmm.h"
#include "core/analysis/phase_intervals.h"
#include "core/analysis/phase_metric.h"
#include "core/base/numbers.h"
#include "core/base/random.h"

namespace gridscope {

namespace {

/// Fits from the parameters found need few iterations: the data differ by noise only.
constexpr int kRefitIterations = 10;
/// Spreads below this are rounding: such a metric is constant.
constexpr double kConstant = 1e-9;

/// The steps that have every metric used, and these metrics standardized.
struct HmmData {
    std::vector<double> steps;
    Observations values;  ///< [steps][metrics]
    std::vector<std::string> metrics;
    std::string note;
};

/// Keeps the metrics that at least `minPoints` steps have, one after the other: a metric that
/// would leave too few common steps is left out.
HmmData commonSteps(const std::vector<MetricCurve>& curves, std::size_t minPoints) {
    HmmData data;
    std::map<double, std::vector<double>> rows;
    for (const MetricCurve& metric : curves) {
        std::map<double, std::vector<double>> joined;
        for (std::size_t i = 0; i < metric.curve.size(); ++i) {
            const double step = metric.curve.steps[i];
            const auto row = rows.find(step);
            if (!data.metrics.empty() && row == rows.end()) continue;
            std::vector<double> values = data.metrics.empty() ? std::vector<double>() : row->second;
            values.push_back(metric.curve.values[i]);
            joined.emplace(step, std::move(values));
        }
        if (joined.size() < minPoints) {
            data.note += metric.title + " is left out: " + std::to_string(joined.size()) +
                         " usable steps, at least " + std::to_string(minPoints) + " are needed. ";
            continue;
        }
        data.metrics.push_back(metric.title);
        data.note += metric.curve.remarks();
        rows = std::move(joined);
    }
    if (data.metrics.empty()) return data;
    for (auto& [step, values] : rows) {
        data.steps.push_back(step);
        data.values.push_back(std::move(values));
    }
    return data;
}

/// Mean 0 and variance 1 a metric; a constant one becomes 0.
void standardize(Observations& values) {
    const auto count = static_cast<double>(values.size());
    for (std::size_t d = 0; d < values.front().size(); ++d) {
        double mean = 0.0, squares = 0.0;
        for (const auto& row : values) mean += row[d] / count;
        for (const auto& row : values) squares += (row[d] - mean) * (row[d] - mean) / count;
        const double spread = std::sqrt(squares);
        for (auto& row : values) row[d] = spread > kConstant ? (row[d] - mean) / spread : 0.0;
    }
}

/// First points of the states after the first one.
std::vector<std::size_t> changesOf(const HmmFit& fit) {
    std::vector<std::size_t> changes;
    for (std::size_t i = 1; i < fit.path.size(); ++i) {
        if (fit.path[i] != fit.path[i - 1]) changes.push_back(i);
    }
    return changes;
}

/// Best fits with 1, 2 ... states.
std::vector<HmmFit> fitAll(const HmmData& data, const PhaseSettings& settings) {
    std::vector<HmmFit> fits{fitHmm(data.values, 1, 0, settings.seed)};
    const auto most =
        std::min(static_cast<std::size_t>(settings.hmm.maxStates), data.values.size() / 2);
    for (std::size_t states = 2; states <= most; ++states)
        fits.push_back(fitHmm(data.values, states, settings.hmm.starts, settings.seed + states));
    return fits;
}

double scoreOf(const HmmFit& fit, const PhaseSettings& settings) {
    return fit.bic + settings.hmm.bicMargin * static_cast<double>(fit.means.size() - 1);
}

class Resampler {
public:
    Resampler(const HmmData& data, const HmmFit& fit) : m_data(data), m_fit(fit) {
        m_members.resize(fit.means.size());
        for (std::size_t i = 0; i < fit.path.size(); ++i) m_members[fit.path[i]].push_back(i);
    }

    Observations draw(Random& random) const {
        // Mean plus a residual of the same state is the value that the residual belongs to.
        Observations drawn;
        for (const std::size_t state : m_fit.path) {
            const auto& members = m_members[state];
            drawn.push_back(m_data.values[members[random.below(members.size())]]);
        }
        return drawn;
    }

private:
    const HmmData& m_data;
    const HmmFit& m_fit;
    std::vector<std::vector<std::size_t>> m_members;  ///< points of a state
};

std::vector<Boundary> boundariesOf(const HmmData& data, const std::vector<HmmFit>& fits,
                                   std::size_t chosen, const PhaseSettings& settings) {
    const HmmFit& fit = fits[chosen];
    const std::vector<std::size_t> changes = changesOf(fit);
    std::vector<BoundaryVotes> votes(changes.size());
    const Resampler resampler(data, fit);
    Random random(settings.seed);
    int preferred = 0;
    for (int r = 0; r < settings.resamples; ++r) {
        const Observations drawn = resampler.draw(random);
        const HmmFit again = refitHmm(drawn, fit, kRefitIterations);
        const HmmFit fewer = refitHmm(drawn, fits[chosen - 1], kRefitIterations);
        preferred += scoreOf(again, settings) < scoreOf(fewer, settings) ? 1 : 0;
        const std::vector<std::size_t> moved = changesOf(again);
        if (moved.size() != changes.size()) continue;
        for (std::size_t b = 0; b < moved.size(); ++b) {
            votes[b].from.push_back(data.steps[moved[b] - 1]);
            votes[b].to.push_back(data.steps[moved[b]]);
        }
    }
    std::vector<Boundary> boundaries;
    for (std::size_t b = 0; b < changes.size(); ++b) {
        Boundary boundary;
        boundary.step = data.steps[changes[b]];
        boundary.kind = BoundaryKind::StateChange;
        boundary = withInterval(boundary, votes[b], settings);
        boundary.low = std::min(boundary.low, data.steps[changes[b] - 1]);
        boundary.support =
            settings.resamples > 0 ? static_cast<double>(preferred) / settings.resamples : 0.0;
        boundaries.push_back(boundary);
    }
    return boundaries;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

DetectorResult detectByHmm(const PhaseInput& input, const PhaseSettings& settings) {
    DetectorResult result;
    result.name = detectorName(Detector::Hmm);
    HmmData data = commonSteps(metricCurves(input), static_cast<std::size_t>(settings.minPoints));
    if (data.metrics.empty()) {
        result.note = "Not enough data: no metric has " + std::to_string(settings.minPoints) +
                      " usable steps. " + data.note;
        result.note.pop_back();
        return result;
    }
    standardize(data.values);
    const std::vector<HmmFit> fits = fitAll(data, settings);
    const auto best =
        std::min_element(fits.begin(), fits.end(), [&](const HmmFit& a, const HmmFit& b) {
            return scoreOf(a, settings) < scoreOf(b, settings);
        });
    const auto chosen = static_cast<std::size_t>(best - fits.begin());
    if (chosen > 0) result.boundaries = boundariesOf(data, fits, chosen, settings);
    result.state = result.boundaries.empty() ? DetectorState::NoChange : DetectorState::Changed;
    result.note = std::to_string(chosen + 1) + (chosen == 0 ? " state" : " states") + " over " +
                  joined(data.metrics) + " at " + std::to_string(data.steps.size()) +
                  " steps (BIC " + formatFixed(best->bic, 1) + ", one state " +
                  formatFixed(fits.front().bic, 1) + "). ";
    if (!result.boundaries.empty())
        result.note += formatFixed(100 * result.boundaries.front().support, 0) +
                       " % of the resampled runs need as many states. ";
    if (chosen + 1 == static_cast<std::size_t>(settings.hmm.maxStates))
        result.note += "That is the most that was tried: the metrics move steadily. ";
    result.note += data.note;
    result.note.pop_back();
    return result;
}

}  // namespace gridscope
