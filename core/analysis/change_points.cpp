// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/change_points.h"

#include <algorithm>
#include <cmath>

#include "core/analysis/phase_intervals.h"
#include "core/analysis/phase_metric.h"
#include "core/base/numbers.h"
#include "core/base/random.h"
#include "core/base/step_text.h"

namespace gridscope {

namespace {

std::vector<double> logSteps(const Curve& curve) {
    std::vector<double> x;
    x.reserve(curve.size());
    for (const double step : curve.steps) x.push_back(std::log1p(step));
    return x;
}

/// Draws residuals of a fit from the segment of the point they go to: the curve is far rougher
/// while the model learns fast than later.
class ResidualDraw {
public:
    ResidualDraw(const Curve& curve, const std::vector<double>& fitted, const SegmentFit& fit)
        : m_fitted(fitted),
          m_residuals(curve.size()),
          m_first(curve.size()),
          m_count(curve.size()) {
        for (std::size_t segment = 0; segment <= fit.breaks.size(); ++segment) {
            const std::size_t first = segment == 0 ? 0 : fit.breaks[segment - 1];
            const std::size_t end =
                segment == fit.breaks.size() ? curve.size() : fit.breaks[segment];
            const auto count = static_cast<double>(end - first);
            // A line through the points takes two degrees of freedom out of their residuals.
            const double widening = std::sqrt(count / (count - 2));
            for (std::size_t i = first; i < end; ++i) {
                m_residuals[i] = widening * (curve.values[i] - fitted[i]);
                m_first[i] = first;
                m_count[i] = end - first;
            }
        }
    }

    void draw(Random& random, std::vector<double>& into) const {
        for (std::size_t i = 0; i < m_fitted.size(); ++i)
            into[i] = m_fitted[i] +
                      m_residuals[m_first[i] + static_cast<std::size_t>(random.below(m_count[i]))];
    }

private:
    const std::vector<double>& m_fitted;
    std::vector<double> m_residuals;
    std::vector<std::size_t> m_first, m_count;
};

struct CurveFindings {
    bool enough = false;
    std::vector<Boundary> boundaries;
    std::string note;
};

CurveFindings examine(const Curve& curve, const std::string& name, BoundaryKind kind,
                      const PhaseSettings& settings) {
    CurveFindings findings;
    findings.note = name + ": ";
    findings.enough = curve.size() >= static_cast<std::size_t>(settings.minPoints);
    if (!findings.enough) {
        findings.note += "not enough data, " + std::to_string(curve.size()) +
                         " usable steps, at least " + std::to_string(settings.minPoints) +
                         " are needed. ";
    } else {
        findings.boundaries = changePoints(curve, kind, settings);
        if (findings.boundaries.empty()) findings.note += "one straight line, no change. ";
        for (std::size_t i = 0; i < findings.boundaries.size(); ++i)
            findings.note +=
                (i == 0 ? "changes at step " : ", ") + formatStep(findings.boundaries[i].step);
        if (!findings.boundaries.empty())
            findings.note += "; " + formatFixed(100 * findings.boundaries.front().support, 0) +
                             " % of the resampled curves have as many changes. ";
    }
    findings.note += curve.remarks();
    return findings;
}

}  // namespace

const SegmentFit& chooseFit(const std::vector<SegmentFit>& fits,
                            const ChangePointSettings& settings) {
    const auto score = [&](const SegmentFit& fit) {
        return fit.bic + settings.bicMargin * static_cast<double>(fit.breaks.size());
    };
    return *std::min_element(
        fits.begin(), fits.end(),
        [&](const SegmentFit& a, const SegmentFit& b) { return score(a) < score(b); });
}

std::vector<Boundary> changePoints(const Curve& curve, BoundaryKind kind,
                                   const PhaseSettings& settings) {
    const ChangePointSettings& rule = settings.changePoints;
    const std::vector<double> x = logSteps(curve);
    const std::vector<SegmentFit> fits =
        fitSegments(x, curve.values, rule.maxBreaks, rule.minSegmentPoints);
    if (fits.empty()) return {};
    const SegmentFit& chosen = chooseFit(fits, rule);
    const std::size_t count = chosen.breaks.size();
    if (count == 0) return {};

    const std::vector<double> fitted = fittedValues(x, curve.values, chosen);
    const ResidualDraw residuals(curve, fitted, chosen);
    std::vector<BoundaryVotes> votes(count);
    std::vector<double> resampled(curve.size());
    Random random(settings.seed);
    int sameNumber = 0;
    for (int r = 0; r < settings.resamples; ++r) {
        residuals.draw(random, resampled);
        const std::vector<SegmentFit> again =
            fitSegments(x, resampled, rule.maxBreaks, rule.minSegmentPoints);
        sameNumber += chooseFit(again, rule).breaks.size() == count ? 1 : 0;
        for (std::size_t b = 0; b < count; ++b) {
            const std::size_t at = again[count].breaks[b];
            votes[b].from.push_back(curve.steps[at - 1]);
            votes[b].to.push_back(curve.steps[at]);
        }
    }
    std::vector<Boundary> boundaries;
    for (std::size_t b = 0; b < count; ++b) {
        const std::size_t at = chosen.breaks[b];
        Boundary boundary;
        boundary.step = curve.steps[at];
        boundary.kind = kind;
        boundary = withInterval(boundary, votes[b], settings);
        boundary.low = std::min(boundary.low, curve.steps[at - 1]);
        boundary.support =
            settings.resamples > 0 ? static_cast<double>(sameNumber) / settings.resamples : 0.0;
        boundaries.push_back(boundary);
    }
    return boundaries;
}

DetectorResult detectByChangePoints(const PhaseInput& input, const PhaseSettings& settings) {
    DetectorResult result;
    result.name = detectorName(Detector::ChangePoints);
    bool enough = false;
    for (const MetricCurve& metric : metricCurves(input)) {
        if (metric.kind == BoundaryKind::MetricChange && input.metric.empty()) continue;
        CurveFindings found = examine(metric.curve, metric.title, metric.kind, settings);
        enough = enough || found.enough;
        result.note += found.note;
        result.boundaries.insert(result.boundaries.end(), found.boundaries.begin(),
                                 found.boundaries.end());
    }
    if (input.metric.empty() && input.gapPercent.empty()) result.note += "Gap: not measured. ";
    if (!result.note.empty()) result.note.pop_back();
    std::stable_sort(result.boundaries.begin(), result.boundaries.end(),
                     [](const Boundary& a, const Boundary& b) { return a.step < b.step; });
    result.state = !enough                     ? DetectorState::NotEnoughData
                   : result.boundaries.empty() ? DetectorState::NoChange
                                               : DetectorState::Changed;
    return result;
}

}  // namespace gridscope
