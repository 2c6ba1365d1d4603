// SPDX-License-Identifier: GPL-3.0-or-later

// The curves that change points and the hidden Markov model look at, each on its analysed scale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/phase_types.h"

namespace gridscope {

/// How a metric is analysed: perplexities as logarithms, gaps in percent as ln(1 + gap / 100) (both
/// grow by factors), everything else as it is.
double analysedValue(std::string_view metric, double value);

/// True for a loss or perplexity of the FP32 or the quantized model, to which the derivative rule
/// applies.
bool isLoss(std::string_view metric);

struct MetricCurve {
    std::string title;  ///< "Perplexity", "Gap", "Kurtosis", or the metric's id
    BoundaryKind kind;  ///< of its change points
    Curve curve;
};

/// Perplexity, gap and kurtosis, or the one metric that was chosen; what was not measured at all
/// (an empty vector) is not among them.
std::vector<MetricCurve> metricCurves(const PhaseInput& input);

}  // namespace gridscope
