// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/phase_metric.h"

#include <cmath>

namespace gridscope {

double analysedValue(std::string_view metric, double value) {
    if (metric == "ppl" || metric == "fp32_ppl") return std::log(value);
    if (metric == "gap_percent") return std::log1p(value / 100.0);
    return value;
}

bool isLoss(std::string_view metric) {
    return metric == "ppl" || metric == "fp32_ppl" || metric == "ce" || metric == "fp32_ce";
}

std::vector<MetricCurve> metricCurves(const PhaseInput& input) {
    std::vector<MetricCurve> curves;
    const auto add = [&](std::string title, BoundaryKind kind, const std::vector<double>& values,
                         std::string_view metric) {
        if (values.empty()) return;
        curves.push_back({std::move(title), kind, makeCurve(input.steps, values, {}, [&](double v) {
                              return analysedValue(metric, v);
                          })});
    };
    if (!input.metric.empty()) {
        add(input.metric, BoundaryKind::MetricChange, input.values, input.metric);
        return curves;
    }
    add("Perplexity", BoundaryKind::PplChange, input.ppl, "fp32_ppl");
    add("Gap", BoundaryKind::GapChange, input.gapPercent, "gap_percent");
    add("Kurtosis", BoundaryKind::MetricChange, input.kurtosis, "kurtosis_mean");
    return curves;
}

}  // namespace gridscope
