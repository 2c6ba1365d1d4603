// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/views/synthetic_trajectory.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gridscope::test {

namespace {

struct Anchor {
    double step, ppl, gap;
};

// Step, FP32 perplexity and INT4 gap of Table 1, with the start of training before it.
constexpr std::array<Anchor, 12> kTable{{{0, 60000, 0.01},
                                         {100, 2000, 0.3},
                                         {1000, 110.1, 1.7},
                                         {7000, 42.8, 5.9},
                                         {10000, 40.1, 6.8},
                                         {30000, 35.7, 9.1},
                                         {70000, 33.7, 11.4},
                                         {77000, 33.4, 12.7},
                                         {83000, 34.4, 19.1},
                                         {100000, 34.0, 47.0},
                                         {120000, 34.9, 158.4},
                                         {143000, 35.3, 517.1}}};

double between(double step, double Anchor::*value) {
    for (std::size_t i = 1; i < kTable.size(); ++i) {
        if (step > kTable[i].step) continue;
        const double share = (step - kTable[i - 1].step) / (kTable[i].step - kTable[i - 1].step);
        return std::exp(std::log(kTable[i - 1].*value) +
                        share * (std::log(kTable[i].*value) - std::log(kTable[i - 1].*value)));
    }
    return kTable.back().*value;
}

std::vector<std::int64_t> stepsOf(int count) {
    std::vector<std::int64_t> steps{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
    steps.resize(static_cast<std::size_t>(std::min(count, 11)));
    const int rest = count - static_cast<int>(steps.size());
    for (int i = 1; i <= rest; ++i)
        steps.push_back(static_cast<std::int64_t>(std::lround(143.0 * i / rest)) * 1000);
    return steps;
}

GridStatistics layerStatistics(int layer, double step, std::size_t codes) {
    GridStatistics one;
    const double depth = layer / 10.0;
    one.sqnrDb = 21.0 - depth;
    one.meanAbsResidual = 0.25;
    one.rmsResidual = 0.2887;
    one.edgeMass = 0.2 + 0.004 * std::sin(step / 20000.0 + depth);
    one.codeEntropy = 3.2;
    one.exactGroups = 0.01;
    one.flipRate = step > 0 ? 0.3 * std::exp(-step / 40000.0) + 0.02 + 0.02 * depth : kNotMeasured;
    one.levelFlipRate = one.flipRate * 0.8;
    one.scaleChange = 0.05;
    for (std::size_t i = 0; i < kResidualBins; ++i) {
        const double r = (static_cast<double>(i) + 0.5) / kResidualBins - 0.5;
        one.residualHistogram[i] = static_cast<std::uint32_t>(
            9000 + 150 * std::cos(6.283 * r) * std::min(1.0, step / 77000.0) +
            40 * std::sin(17.0 * r + layer));
    }
    for (std::size_t i = 0; i < codes; ++i) {
        const double z = (static_cast<double>(i) - static_cast<double>(codes) / 2 + 0.5) * 6 /
                         static_cast<double>(codes);
        one.codeHistogram.push_back(static_cast<std::uint32_t>(1e5 * std::exp(-z * z / 2)));
    }
    return one;
}

GridScores gridScores(double step, double factor, int layers, std::size_t codes) {
    GridScores scores;
    scores.status = RowStatus::Complete;
    const double gap = between(step, &Anchor::gap) * factor;
    scores.gapPercent = {gap, gap * 0.93 - 0.05, gap * 1.07 + 0.05};
    scores.ppl = between(step, &Anchor::ppl) * (1 + gap / 100);
    scores.sqnrDb = 21;
    scores.levelFlipRate = step > 0 ? 0.24 * std::exp(-step / 40000.0) + 0.02 : kNotMeasured;
    scores.flipRate = scores.levelFlipRate;
    for (int layer = 0; layer < layers; ++layer)
        scores.layers.push_back(layerStatistics(layer, step, codes));
    return scores;
}

std::shared_ptr<ProbeRecord> record(std::int64_t step, const Trajectory& run,
                                    const SyntheticOptions& options, bool isProbed) {
    auto row = std::make_shared<ProbeRecord>();
    row->step = step;
    row->label = "step" + std::to_string(step);
    if (!isProbed) return row;
    const auto at = static_cast<double>(step);
    row->status = RowStatus::Complete;
    row->fp32.ppl = between(at, &Anchor::ppl);
    row->fp32.ce.value = std::log(row->fp32.ppl);
    row->kurtosisMean = 1.2 + 26.7 * std::exp(-std::pow((at - 87000.0) / 30000.0, 2));
    for (int layer = 0; layer < options.layers; ++layer) {
        MatrixMoments moments;
        moments.kurtosis = row->kurtosisMean * (0.5 + 0.1 * layer);
        row->layers.push_back(moments);
    }
    for (std::size_t g = 0; g < run.gridIds.size(); ++g) {
        const bool isInt8 = g == 1;
        row->grids[run.gridIds[g]] =
            gridScores(at, isInt8 ? 0.0016 : 1.0 + 0.2 * static_cast<double>(g), options.layers,
                       isInt8 ? 256 : 16);
    }
    return row;
}

}  // namespace

std::shared_ptr<Trajectory> syntheticTrajectory(const SyntheticOptions& options) {
    auto run = std::make_shared<Trajectory>();
    run->title = "pythia-160m (synthetic)";
    run->created = "2026-01-02T03:04:05Z";
    run->planHash = "0123456789abcdef";
    run->evalSha256 = "fedcba9876543210";
    constexpr std::array kKinds{"attn.qkv", "attn.out", "mlp.up", "mlp.down"};
    for (int i = 0; i < options.layers; ++i)
        run->layers.push_back({"layers." + std::to_string(i), 768, 768, i / 4,
                               kKinds[static_cast<std::size_t>(i % 4)]});
    for (int g = 0; g < options.grids; ++g)
        run->gridIds.push_back(g == 0   ? "a4g128:minmax"
                               : g == 1 ? "s8channel:absmax"
                                        : "a4g" + std::to_string(16 * g) + ":minmax");
    const auto steps = stepsOf(options.checkpoints);
    const std::size_t probed =
        options.probed < 0 ? steps.size() : static_cast<std::size_t>(options.probed);
    for (std::size_t i = 0; i < steps.size(); ++i)
        run->rows.push_back(record(steps[i], *run, options, i < probed));
    return run;
}

std::shared_ptr<const SeriesTable> syntheticTable(const SyntheticOptions& options) {
    return std::make_shared<SeriesTable>(syntheticTrajectory(options));
}

views::PhaseBands syntheticPhases() {
    views::PhaseBands phases;
    phases.boundaries = {
        {10000, 7000, 14000, QStringLiteral("learning ends"), false},
        {77000, kNotMeasured, kNotMeasured, QStringLiteral("FP32 convergence"), true}};
    phases.names = {QStringLiteral("Rapid learning"), QStringLiteral("Plateau"),
                    QStringLiteral("Collapse")};
    return phases;
}

}  // namespace gridscope::test
