// SPDX-License-Identifier: GPL-3.0-or-later

// What the phase detectors take and give.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

enum class Detector { Derivative, ChangePoints, Hmm };
std::string_view detectorName(Detector detector);  ///< "derivative", "changepoints", "hmm"

enum class BoundaryKind {
    LearningEnd,   ///< rapid learning ends, the plateau begins
    Convergence,   ///< best FP32 perplexity; it rises afterwards
    PplChange,     ///< ln PPL changes its course
    GapChange,     ///< ln(1 + gap) changes its course
    MetricChange,  ///< the chosen metric changes its course
    StateChange,   ///< the hidden Markov model enters its next state
};
/// "learning-end", "convergence", "ppl-change", "gap-change", "metric-change", "state-change"
std::string_view boundaryKindName(BoundaryKind kind);

enum class DetectorState {
    NotEnoughData,
    Learning,   ///< derivative rule: FP32 perplexity still improves, or it is too early to tell
    Plateau,    ///< derivative rule: flat since `flatSince`, FP32 training has nothing left to give
    Converged,  ///< derivative rule: perplexity rises after `convergedStep`
    NoChange,   ///< change points: one straight line a curve; hidden Markov model: one state
    Changed,    ///< at least one boundary
    NotApplicable,  ///< derivative rule: the chosen metric is not a loss
};
/// "not-enough-data", "learning", "plateau", "converged", "no-change", "changed", "not-applicable"
std::string_view detectorStateName(DetectorState state);

/// The step at which a new phase begins; always one of the probed steps.
struct Boundary {
    double step = 0.0;
    double low = 0.0, high = 0.0;  ///< bootstrap interval in steps; contains `step`
    BoundaryKind kind = BoundaryKind::LearningEnd;
    double support = 0.0;  ///< share of the resamples that show such a boundary, 0..1
};

struct DetectorResult {
    std::string name;  ///< detectorName
    DetectorState state = DetectorState::NotEnoughData;
    std::vector<Boundary> boundaries;     ///< ascending steps
    std::optional<double> convergedStep;  ///< best FP32 step, when state is Converged
    std::optional<double> flatSince;      ///< when state is Plateau
    std::string note;                     ///< sentences for people, with the numbers behind it
};

struct PhaseReport {
    std::vector<DetectorResult> detectors;  ///< in the order asked for
};

/// One trajectory. NaN = not measured; any order; the vectors are equally long.
struct PhaseInput {
    std::vector<double> steps;       ///< optimizer updates, >= 0
    std::vector<double> ppl;         ///< FP32 perplexity, > 0
    std::vector<double> gapPercent;  ///< > -100; empty = not measured
    /// Standard errors of ln PPL (nats), which weight the slopes of the derivative rule.
    /// Empty = all alike.
    std::vector<double> ceStandardErrors;
    std::vector<double> kurtosis = {};      ///< excess kurtosis; empty = not measured
    std::vector<double> learningRate = {};  ///< >= 0; empty = not known
    /// Look at this metric (schema name) instead of perplexity, gap and kurtosis; empty = at those.
    std::string metric = {};
    std::vector<double> values = {};  ///< of `metric`
};

/// Constants of the derivative rule (science.md 2). One set of defaults for every curve.
struct DerivativeSettings {
    int minLaterPoints = 4;  ///< points needed after the best step, >= 1
    /// How far above the best step their mean must lie, and how clearly the curve must rise; >= 0.
    double standardErrors = 2.0;
    double noiseShare = 0.85;  ///< last share of the step range that the noise is taken from
    double slopeLimit = -0.1;  ///< d ln PPL / d ln step above which rapid learning is over
    int slopePoints = 5;       ///< points a slope is taken over, >= 3
};

struct ChangePointSettings {
    int maxBreaks = 5;         ///< 0..5
    int minSegmentPoints = 3;  ///< points of the shortest segment, >= 3
    /// BIC gain that each break must bring beyond none. Plain BIC (0) ignores that the place of a
    /// break was searched for: it breaks 46 % of straight noisy lines of 10 points, 10 breaks 4 %.
    double bicMargin = 10.0;
};

struct HmmSettings {
    /// BIC gain that each state must bring beyond one; >= 0. Plain BIC ignores, as for change
    /// points, that the place of a boundary was searched for.
    double bicMargin = 10.0;
    int maxStates = 6;  ///< 2..6; one state is always tried too
    int starts = 6;     ///< random segmentations that EM starts from beside an even one, 0..100
};

struct PhaseSettings {
    DerivativeSettings derivative;
    ChangePointSettings changePoints;
    HmmSettings hmm;
    int minPoints = 8;    ///< fewer usable points: not enough data; >= 8
    int resamples = 500;  ///< of the residual bootstrap, 0..100,000
    std::uint64_t seed = 1604;
    double confidence = 0.95;  ///< of the intervals, 0..1 exclusive
};

/// Errors: settings.range, `where` names the field.
Expected<void> checkPhaseSettings(const PhaseSettings& settings);

}  // namespace gridscope
