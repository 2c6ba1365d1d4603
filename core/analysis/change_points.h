// SPDX-License-Identifier: GPL-3.0-or-later

// Finds where ln PPL and ln(1 + gap) change their course over ln(step + 1).
#pragma once

#include <string>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/phase_types.h"
#include "core/analysis/segment_fit.h"

namespace gridscope {

/// The fit with the lowest BIC + bicMargin x breaks; fewer breaks where equal. `fits` not empty.
const SegmentFit& chooseFit(const std::vector<SegmentFit>& fits,
                            const ChangePointSettings& settings);

/// Change points of one curve; the boundary is the first point of the new segment, its interval
/// reaches back to at least the point before it. `curve` has at least settings.minPoints points.
///
/// Bootstrap: residuals of the chosen fit, drawn with replacement within their segment and
/// widened by sqrt(points / (points - 2)), are added to the fit; the same number of breaks is
/// placed again. `support` is the share of resamples in which the choice by BIC has that many
/// breaks. Complexity: O(resamples x maxBreaks x n^2). Source: science.md 2.2.
std::vector<Boundary> changePoints(const Curve& curve, BoundaryKind kind,
                                   const PhaseSettings& settings);

/// Runs both curves of `input`. A gap curve with too few points is named in the note; the
/// perplexity curve alone then decides the state. `settings` are valid.
DetectorResult detectByChangePoints(const PhaseInput& input, const PhaseSettings& settings);

}  // namespace gridscope
