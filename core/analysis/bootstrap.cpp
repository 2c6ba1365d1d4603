// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/base/numbers.h"
#include "core/base/random.h"

namespace gridscope {

namespace {

double sumOf(std::span<const double> values) {
    double sum = 0.0;
    for (const double value : values) sum += value;
    return sum;
}

/// Gap in percent of a difference of CE. exp of the difference, not of the two CE, so that it
/// stays finite where both perplexities overflow.
double gapOf(double deltaCe) { return 100.0 * std::expm1(deltaCe); }

std::vector<double> pick(std::span<const double> values, const std::vector<std::size_t>& indices) {
    std::vector<double> picked;
    picked.reserve(indices.size());
    for (const std::size_t i : indices) picked.push_back(values[i]);
    return picked;
}

Error wrongCount(std::size_t expected, std::size_t found) {
    return {ErrorCode::Internal,
            "paired bootstrap",
            "expected " + std::to_string(expected) + " windows, found " + std::to_string(found),
            {}};
}

Expected<void> checkInputs(const std::vector<double>& tokens, const BootstrapSettings& settings) {
    const auto fail = [](std::string where, std::string what) {
        return Error{ErrorCode::SettingsRange, std::move(where), std::move(what), {}};
    };
    if (settings.resamples < 1 || settings.resamples > 1'000'000)
        return fail("resamples",
                    "expected 1..1000000, found " + std::to_string(settings.resamples));
    if (!(settings.confidence > 0.0 && settings.confidence < 1.0))
        return fail("confidence",
                    "expected a share between 0 and 1, found " + formatNumber(settings.confidence));
    if (tokens.empty()) return fail("windows", "expected at least one window, found none");
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (!(tokens[i] > 0.0) || !std::isfinite(tokens[i]))
            return fail(
                "window " + std::to_string(i),
                "expected a positive number of scored tokens, found " + formatNumber(tokens[i]));
    }
    return {};
}

}  // namespace

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return kNotMeasured;
    const double position = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
    std::nth_element(values.begin(), at, values.end());
    const double low = *at;
    const double rest = position - static_cast<double>(below);
    if (rest == 0.0) return low;
    const double high = *std::min_element(at + 1, values.end());
    return low == high ? low : low + rest * (high - low);
}

Expected<WindowBootstrap> WindowBootstrap::make(std::vector<double> tokensPerWindow,
                                                BootstrapSettings settings) {
    GRIDSCOPE_TRY(checkInputs(tokensPerWindow, settings));
    return WindowBootstrap(std::move(tokensPerWindow), settings);
}

WindowBootstrap::WindowBootstrap(std::vector<double> tokensPerWindow, BootstrapSettings settings)
    : m_tokens(std::move(tokensPerWindow)), m_settings(settings) {
    const std::size_t count = m_tokens.size();
    const auto resamples = static_cast<std::size_t>(m_settings.resamples);
    m_counts.assign(count * resamples, 0);
    Random random(m_settings.seed);
    for (std::size_t r = 0; r < resamples; ++r) {
        for (std::size_t draw = 0; draw < count; ++draw)
            ++m_counts[static_cast<std::size_t>(random.below(count)) * resamples + r];
    }
    m_resampledTokens = resampledSums(m_tokens);
}

std::vector<double> WindowBootstrap::resampledSums(std::span<const double> sums) const {
    const auto resamples = static_cast<std::size_t>(m_settings.resamples);
    std::vector<double> result(resamples, 0.0);
    // Window-major: the inner loop runs over independent resamples and is vectorized.
    for (std::size_t window = 0; window < sums.size(); ++window) {
        const std::uint16_t* counts = m_counts.data() + window * resamples;
        const double value = sums[window];
        for (std::size_t r = 0; r < resamples; ++r)
            result[r] += value * static_cast<double>(counts[r]);
    }
    return result;
}

Estimate WindowBootstrap::meanOfAll(std::span<const double> sums) const {
    Estimate estimate;
    estimate.value = sumOf(sums) / sumOf(m_tokens);
    if (sums.size() < 2 || !std::isfinite(estimate.value)) return estimate;
    std::vector<double> means = resampledSums(sums);
    for (std::size_t r = 0; r < means.size(); ++r) means[r] /= m_resampledTokens[r];
    const double tail = 0.5 * (1.0 - m_settings.confidence);
    estimate.low = quantile(means, tail);
    estimate.high = quantile(std::move(means), 1.0 - tail);
    return estimate;
}

Expected<Estimate> WindowBootstrap::mean(std::span<const double> sums) const {
    GRIDSCOPE_TRY_ASSIGN(estimates, grid(sums, sums, {}));
    return estimates.ce;
}

Expected<GridEstimates> WindowBootstrap::grid(std::span<const double> fp32Nll,
                                              std::span<const double> gridNll,
                                              std::span<const double> gridKl) const {
    if (fp32Nll.size() != windows()) return wrongCount(windows(), fp32Nll.size());
    if (gridNll.size() != windows()) return wrongCount(windows(), gridNll.size());
    if (!gridKl.empty() && gridKl.size() != windows()) return wrongCount(windows(), gridKl.size());

    std::vector<std::size_t> used;
    for (std::size_t i = 0; i < windows(); ++i) {
        const bool unused = std::isnan(fp32Nll[i]) || std::isnan(gridNll[i]) ||
                            (!gridKl.empty() && std::isnan(gridKl[i]));
        if (!unused) used.push_back(i);
    }
    if (used.empty()) return GridEstimates{};
    if (used.size() < windows()) {
        const WindowBootstrap part(pick(m_tokens, used), m_settings);
        const std::vector<double> kl = gridKl.empty() ? std::vector<double>() : pick(gridKl, used);
        return part.grid(pick(fp32Nll, used), pick(gridNll, used), kl);
    }

    GridEstimates result;
    result.windowsUsed = used.size();
    result.ce = meanOfAll(gridNll);
    std::vector<double> difference(windows());
    for (std::size_t i = 0; i < windows(); ++i) difference[i] = gridNll[i] - fp32Nll[i];
    result.deltaCe = meanOfAll(difference);
    // The gap rises with delta CE, so its percentiles are the images of those of delta CE.
    result.gapPercent = {gapOf(result.deltaCe.value), gapOf(result.deltaCe.low),
                         gapOf(result.deltaCe.high)};
    if (!gridKl.empty()) result.kl = meanOfAll(gridKl);
    return result;
}

}  // namespace gridscope
