// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/series_table.h"

namespace gridscope {

const std::vector<MetricInfo>& metricTable() {
    using enum MetricKind;
    static const std::vector<MetricInfo> kTable{
        {"gap_percent", Grid, "Quantization gap", "%", true},
        {"delta_ce", Grid, "Loss increase", "nats/token", true},
        {"relative_ce", Grid, "Relative loss increase", "", false},
        {"ce", Grid, "Quantized loss", "nats/token", true},
        {"ppl", Grid, "Quantized perplexity", "", false},
        {"kl", Grid, "KL divergence from FP32", "nats/token", true},
        {"top1_agreement", Grid, "Top-1 agreement with FP32", "", false},
        {"windows_used", Grid, "Windows used", "", false},
        {"fp32_ce", Row, "FP32 loss", "nats/token", true},
        {"fp32_ppl", Row, "FP32 perplexity", "", false},
        {"kurtosis_mean", Row, "Excess kurtosis, mean over matrices", "", false},
        {"kurtosis_pooled", Row, "Excess kurtosis, pooled", "", false},
        {"kurtosis_max", Row, "Excess kurtosis, largest matrix", "", false},
        {"learning_rate", Row, "Learning rate", "", false},
        {"tokens_seen", Row, "Tokens seen", "tokens", false},
        {"seconds", Row, "Time spent measuring", "s", false},
        {"kurtosis", Layer, "Excess kurtosis", "", false},
        {"sd", Layer, "Standard deviation of the weights", "", false},
        {"absmax", Layer, "Largest absolute weight", "", false},
        {"range_over_rms_mean", Layer, "Range over RMS, mean over groups", "", false},
        {"range_over_rms_p99", Layer, "Range over RMS, 99th percentile", "", false},
        {"norm", Layer, "Frobenius norm", "", false},
        {"movement", Layer, "Relative movement of the weights", "", false},
        {"sqnr_db", GridLayer, "Signal to quantization noise", "dB", false},
        {"mean_abs_residual", GridLayer, "Mean absolute residual", "scales", false},
        {"rms_residual", GridLayer, "RMS residual", "scales", false},
        {"edge_mass", GridLayer, "Edge mass", "", false},
        {"code_entropy", GridLayer, "Code entropy", "bits", false},
        {"flip_rate", GridLayer, "Flip rate", "", false},
        {"level_flip_rate", GridLayer, "Level flip rate", "", false},
        {"zero_point_change", GridLayer, "Changed zero-points", "", false},
        {"scale_change", GridLayer, "Relative change of the scales", "", false},
        {"exact_groups", GridLayer, "Exact groups", "", false},
        {"sensitivity_only", GridLayer, "Sensitivity, only this matrix", "nats/token", false},
        {"sensitivity_except", GridLayer, "Sensitivity, all but this matrix", "nats/token", false},
    };
    return kTable;
}

const MetricInfo* findMetric(std::string_view id) {
    for (const MetricInfo& metric : metricTable()) {
        if (metric.id == id) return &metric;
    }
    return nullptr;
}

}  // namespace gridscope
