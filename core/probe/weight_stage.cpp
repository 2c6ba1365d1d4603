// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/weight_stage.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/quant/matrix_moments.h"

namespace gridscope {

namespace {

Error cancelled() { return {ErrorCode::RunCancelled, {}, "cancelled", {}}; }

MatrixView viewOf(const ModelWeights& weights, std::size_t spec) {
    return {weights.values(spec).data(), weights.rows(spec), weights.columns(spec)};
}

double rate(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? kNotMeasured : static_cast<double>(part) / static_cast<double>(whole);
}

/// SQNR and flips of all scope weights together.
void poolGrid(GridScores& grid) {
    double weightEnergy = 0.0, errorEnergy = 0.0;
    std::uint64_t codeFlips = 0, levelFlips = 0, compared = 0;
    for (const GridStatistics& layer : grid.layers) {
        weightEnergy += layer.weightEnergy;
        errorEnergy += layer.errorEnergy;
        codeFlips += layer.codeFlips;
        levelFlips += layer.levelFlips;
        compared += layer.compared;
    }
    grid.sqnrDb = errorEnergy > 0.0 ? 10.0 * std::log10(weightEnergy / errorEnergy)
                                    : std::numeric_limits<double>::infinity();
    grid.flipRate = rate(codeFlips, compared);
    grid.levelFlipRate = rate(levelFlips, compared);
    if (grid.status == RowStatus::Planned || grid.status == RowStatus::Failed)
        grid.status = RowStatus::Weights;
}

void poolKurtosis(ProbeRecord& record) {
    double sum = 0.0, largest = -std::numeric_limits<double>::infinity();
    for (const MatrixMoments& layer : record.layers) {
        sum += layer.kurtosis;
        largest = std::fmax(largest, layer.kurtosis);
    }
    record.kurtosisMean = sum / static_cast<double>(record.layers.size());
    record.kurtosisMax = largest;
    record.kurtosisPooled = pooledKurtosis(record.layers);
}

}  // namespace

Expected<void> measureWeights(const ProbePlan& plan,
                              const std::shared_ptr<const ModelWeights>& weights,
                              WeightState& state, ProbeRecord& record,
                              const std::stop_token& stop) {
    const ParallelFor parallelFor = engineParallelFor();
    // Taken out of `state`: after a failure half-replaced codes must not be compared with.
    WeightState work = std::move(state);
    state = {};
    const bool hasPrevious = work.weights != nullptr;
    work.codes.resize(plan.gridIds.size());

    ProbeRecord result = record;
    result.layers.clear();
    for (const std::string& id : plan.gridIds) result.grids[id].layers.clear();
    for (std::size_t l = 0; l < plan.scope.size(); ++l) {
        const std::size_t spec = plan.scope[l];
        const MatrixView matrix = viewOf(*weights, spec);
        if (stop.stop_requested()) return cancelled();
        const std::span<const float> before =
            hasPrevious ? work.weights->values(spec) : std::span<const float>();
        auto moments = matrixMoments(matrix, before, parallelFor);
        if (!moments) return moments.error().inside(plan.specs[spec].name);
        result.layers.push_back(*moments);
        for (std::size_t g = 0; g < plan.gridIds.size(); ++g) {
            if (stop.stop_requested()) return cancelled();
            work.codes[g].resize(plan.scope.size());
            QuantizeOptions options;
            options.codes = &work.codes[g][l];
            options.previous = hasPrevious ? &work.codes[g][l] : nullptr;
            options.seed = matrixSeed(plan.settings.seed, plan.specs[spec].name);
            options.parallelFor = parallelFor;
            auto statistics = quantizeMatrix(matrix, plan.settings.grids[g], options);
            if (!statistics) return statistics.error().inside(plan.specs[spec].name);
            result.grids[plan.gridIds[g]].layers.push_back(*std::move(statistics));
        }
    }
    for (const std::string& id : plan.gridIds) poolGrid(result.grids[id]);
    poolKurtosis(result);
    work.weights = weights;
    state = std::move(work);
    record = std::move(result);
    return {};
}

Expected<void> recallWeightState(const ProbePlan& plan, std::shared_ptr<const ModelWeights> weights,
                                 WeightState& state, const std::stop_token& stop) {
    state = {};
    WeightState work;
    work.codes.assign(plan.gridIds.size(), std::vector<QuantizedCodes>(plan.scope.size()));
    for (std::size_t l = 0; l < plan.scope.size(); ++l) {
        for (std::size_t g = 0; g < plan.gridIds.size(); ++g) {
            if (stop.stop_requested()) return cancelled();
            QuantizeOptions options;
            options.codes = &work.codes[g][l];
            options.statistics = StatisticsMode::None;
            options.parallelFor = engineParallelFor();
            options.seed = matrixSeed(plan.settings.seed, plan.specs[plan.scope[l]].name);
            auto done =
                quantizeMatrix(viewOf(*weights, plan.scope[l]), plan.settings.grids[g], options);
            if (!done) return std::move(done).error();
        }
    }
    work.weights = std::move(weights);
    state = std::move(work);
    return {};
}

}  // namespace gridscope
