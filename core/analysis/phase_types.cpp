// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/phase_types.h"

#include "core/base/range_rule.h"

namespace gridscope {

std::string_view detectorName(Detector detector) {
    switch (detector) {
    case Detector::Derivative:
        return "derivative";
    case Detector::ChangePoints:
        return "changepoints";
    case Detector::Hmm:
        return "hmm";
    }
    return {};
}

std::string_view boundaryKindName(BoundaryKind kind) {
    switch (kind) {
    case BoundaryKind::LearningEnd:
        return "learning-end";
    case BoundaryKind::Convergence:
        return "convergence";
    case BoundaryKind::PplChange:
        return "ppl-change";
    case BoundaryKind::GapChange:
        return "gap-change";
    case BoundaryKind::MetricChange:
        return "metric-change";
    case BoundaryKind::StateChange:
        return "state-change";
    }
    return {};
}

std::string_view detectorStateName(DetectorState state) {
    switch (state) {
    case DetectorState::NotEnoughData:
        return "not-enough-data";
    case DetectorState::Learning:
        return "learning";
    case DetectorState::Plateau:
        return "plateau";
    case DetectorState::Converged:
        return "converged";
    case DetectorState::NoChange:
        return "no-change";
    case DetectorState::Changed:
        return "changed";
    case DetectorState::NotApplicable:
        return "not-applicable";
    }
    return {};
}

Expected<void> checkPhaseSettings(const PhaseSettings& settings) {
    const DerivativeSettings& derivative = settings.derivative;
    const ChangePointSettings& change = settings.changePoints;
    return checkRules({
        {derivative.minLaterPoints >= 1, "derivative.minLaterPoints", "at least 1",
         double(derivative.minLaterPoints)},
        {derivative.standardErrors >= 0.0, "derivative.standardErrors", "at least 0",
         derivative.standardErrors},
        {derivative.noiseShare > 0.0 && derivative.noiseShare <= 1.0, "derivative.noiseShare",
         "above 0, at most 1", derivative.noiseShare},
        {derivative.slopeLimit <= 0.0, "derivative.slopeLimit", "at most 0", derivative.slopeLimit},
        {derivative.slopePoints >= 3, "derivative.slopePoints", "at least 3",
         double(derivative.slopePoints)},
        {change.maxBreaks >= 0 && change.maxBreaks <= 5, "changePoints.maxBreaks", "0 to 5",
         double(change.maxBreaks)},
        {change.minSegmentPoints >= 3, "changePoints.minSegmentPoints", "at least 3",
         double(change.minSegmentPoints)},
        {change.bicMargin >= 0.0, "changePoints.bicMargin", "at least 0", change.bicMargin},
        {settings.hmm.maxStates >= 2 && settings.hmm.maxStates <= 6, "hmm.maxStates", "2 to 6",
         double(settings.hmm.maxStates)},
        {settings.hmm.bicMargin >= 0.0, "hmm.bicMargin", "at least 0", settings.hmm.bicMargin},
        {settings.hmm.starts >= 0 && settings.hmm.starts <= 100, "hmm.starts", "0 to 100",
         double(settings.hmm.starts)},
        {settings.minPoints >= 8, "minPoints", "at least 8", double(settings.minPoints)},
        {settings.resamples >= 0 && settings.resamples <= 100'000, "resamples", "0 to 100000",
         double(settings.resamples)},
        {settings.confidence > 0.0 && settings.confidence < 1.0, "confidence", "between 0 and 1",
         settings.confidence},
    });
}

}  // namespace gridscope
