// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/perplexity_stage.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/model/scorer.h"

namespace gridscope {

namespace {

std::vector<float> toFloats(const std::vector<double>& values) {
    std::vector<float> out(values.size());
    std::transform(values.begin(), values.end(), out.begin(),
                   [](double value) { return static_cast<float>(value); });
    return out;
}

Expected<Fp32Scores> fp32Scores(const WindowBootstrap& bootstrap, const WindowScores& scores) {
    Fp32Scores result;
    GRIDSCOPE_TRY_ASSIGN(ce, bootstrap.mean(scores.nll));
    result.ce = ce;
    result.ppl = std::exp(ce.value);
    result.windowNll = toFloats(scores.nll);
    return result;
}

Expected<void> fillGrid(const WindowBootstrap& bootstrap, const EvalWindows& windows,
                        const WindowScores& fp32, const WindowScores& scores, GridScores& grid) {
    GRIDSCOPE_TRY_ASSIGN(estimates, bootstrap.grid(fp32.nll, scores.nll, scores.kl));
    grid.ce = estimates.ce;
    grid.ppl = std::exp(estimates.ce.value);
    grid.gapPercent = estimates.gapPercent;
    grid.deltaCe = estimates.deltaCe;
    grid.kl = estimates.kl;
    grid.relativeCe = estimates.deltaCe.value / (estimates.ce.value - estimates.deltaCe.value);
    grid.top1Agreement =
        static_cast<double>(scores.top1Matches) / static_cast<double>(windows.scoredTokens());
    grid.windowsUsed = static_cast<std::int32_t>(estimates.windowsUsed);
    grid.windowNll = toFloats(scores.nll);
    grid.windowKl = toFloats(scores.kl);
    grid.status = RowStatus::Complete;
    return {};
}

/// How many variants are scored together: their kept hidden states must fit beside the model.
std::size_t variantsTogether(const ProbePlan& plan, std::size_t variants) {
    const std::uint64_t states =
        plan.windows.scoredTokens() * static_cast<std::uint64_t>(plan.model.hidden) * sizeof(float);
    const std::uint64_t budget =
        std::min(availableMemory(), plan.settings.memoryLimit.value_or(UINT64_MAX)) / 4;
    const std::uint64_t fitting = budget / std::max<std::uint64_t>(states, 1);
    const auto together = static_cast<std::size_t>(std::max<std::uint64_t>(fitting, 2) - 1);
    return std::min(together, variants);
}

/// Maps the progress of consecutive parts of unequal cost to one share 0..1.
class PartProgress {
public:
    PartProgress(std::vector<double> costs, const std::function<void(double)>& report)
        : m_costs(std::move(costs)), m_report(&report) {
        m_total = std::accumulate(m_costs.begin(), m_costs.end(), 0.0);
    }
    void within(double share) { (*m_report)((m_done + share * m_costs[m_part]) / m_total); }
    void next() { m_done += m_costs[m_part++]; }

private:
    std::vector<double> m_costs;
    const std::function<void(double)>* m_report;
    double m_total = 0.0, m_done = 0.0;
    std::size_t m_part = 0;
};

}  // namespace

Expected<void> measurePerplexity(const PerplexityContext& context,
                                 const std::shared_ptr<const ModelWeights>& weights,
                                 ProbeRecord& record, const std::function<void(double)>& onProgress,
                                 const std::stop_token& stop) {
    const ProbePlan& plan = context.plan;
    std::vector<std::size_t> missing;
    for (std::size_t g = 0; g < plan.gridIds.size(); ++g) {
        const auto grid = record.grids.find(plan.gridIds[g]);
        if (grid == record.grids.end() || grid->second.status != RowStatus::Complete)
            missing.push_back(g);
    }
    ProbeRecord result = record;
    const std::size_t together = variantsTogether(plan, missing.size());
    // One forward pass per model, then the heads; the head costs about half a pass.
    const std::size_t batches = together == 0 ? 0 : (missing.size() + together - 1) / together;
    std::vector<double> costs(1 + missing.size(), 1.0);
    for (std::size_t b = 0; b < batches; ++b)
        costs.insert(costs.begin() + static_cast<std::ptrdiff_t>(
                                         std::min((b + 1) * together, missing.size()) + 1 + b),
                     0.5 * static_cast<double>(together + 1));
    PartProgress parts(std::move(costs), onProgress);

    ScorerOptions options;
    options.device = context.device;
    options.threads = plan.settings.threads;
    options.seed = plan.settings.seed;
    options.onProgress = [&](double share) { parts.within(share); };
    Scorer scorer(weights, plan.windows, plan.scope, std::move(options));
    GRIDSCOPE_TRY_ASSIGN(reference, scorer.hidden(stop));
    parts.next();
    for (std::size_t first = 0; first < missing.size(); first += together) {
        const std::size_t last = std::min(first + together, missing.size());
        std::vector<HiddenStates> variants;
        for (std::size_t m = first; m < last; ++m) {
            GRIDSCOPE_TRY_ASSIGN(states,
                                 scorer.hiddenQuantized(plan.settings.grids[missing[m]], stop));
            variants.push_back(std::move(states));
            parts.next();
        }
        GRIDSCOPE_TRY_ASSIGN(scores, scorer.score(reference, variants, stop));
        parts.next();
        GRIDSCOPE_TRY_ASSIGN(fp32, fp32Scores(context.bootstrap, scores.front()));
        result.fp32 = std::move(fp32);
        for (std::size_t m = first; m < last; ++m) {
            GRIDSCOPE_TRY(fillGrid(context.bootstrap, plan.windows, scores.front(),
                                   scores[m - first + 1], result.grids[plan.gridIds[missing[m]]]));
        }
    }
    record = std::move(result);
    return {};
}

void copyPerplexity(const ProbeRecord& from, ProbeRecord& record) {
    record.fp32 = from.fp32;
    for (const auto& [id, source] : from.grids) {
        if (source.status != RowStatus::Complete) continue;
        GridScores& grid = record.grids[id];
        GridScores copy = source;
        copy.layers = std::move(grid.layers);
        copy.sqnrDb = grid.sqnrDb;
        copy.flipRate = grid.flipRate;
        copy.levelFlipRate = grid.levelFlipRate;
        grid = std::move(copy);
    }
}

}  // namespace gridscope
