// SPDX-License-Identifier: GPL-3.0-or-later

// Paired bootstrap over evaluation windows: the intervals of CE, gap, delta CE and KL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/expected.h"
#include "core/trajectory/record.h"

namespace gridscope {

struct BootstrapSettings {
    int resamples = 2000;       ///< 1..1,000,000
    std::uint64_t seed = 1604;  ///< equal seeds give equal intervals
    double confidence = 0.95;   ///< share of the resamples inside the interval, 0..1 exclusive
};

/// What the windows say about one grid on one checkpoint.
struct GridEstimates {
    Estimate ce;          ///< nats per scored token, quantized model
    Estimate gapPercent;  ///< 100 (exp(delta CE) - 1); +inf where that overflows
    Estimate deltaCe;     ///< nats per scored token
    Estimate kl;          ///< nats per scored token
    std::size_t windowsUsed = 0;
};

/// Resamples windows with replacement, the same resamples for every metric, so that FP32 and
/// quantized scores stay paired and their common noise cancels.
/// Immutable after `make`; safe to share between threads. Memory: 2 bytes x resamples x windows.
///
/// A window that is NaN in any argument was not scored and is left out; the others are then
/// resampled among themselves. Intervals are percentiles; they are NaN with fewer than two used
/// windows, and where the value is not finite. Source: science.md 1.4.
class WindowBootstrap {
public:
    /// @param tokensPerWindow [windows] scored tokens, each > 0
    /// Errors: settings.range
    static Expected<WindowBootstrap> make(std::vector<double> tokensPerWindow,
                                          BootstrapSettings settings = {});

    std::size_t windows() const { return m_tokens.size(); }

    /// Mean per scored token of a quantity given as sums over windows, such as the FP32 NLL.
    /// @param sums [windows] nats
    /// Errors: internal.failed (another number of windows)
    Expected<Estimate> mean(std::span<const double> sums) const;

    /// @param fp32Nll [windows] sums of the FP32 NLL, nats
    /// @param gridNll [windows] sums of the quantized model's NLL, nats
    /// @param gridKl  [windows] sums of KL(FP32 || quantized), nats; empty = not measured
    /// Errors: internal.failed (another number of windows)
    Expected<GridEstimates> grid(std::span<const double> fp32Nll, std::span<const double> gridNll,
                                 std::span<const double> gridKl) const;

private:
    WindowBootstrap(std::vector<double> tokensPerWindow, BootstrapSettings settings);
    Estimate meanOfAll(std::span<const double> sums) const;
    std::vector<double> resampledSums(std::span<const double> sums) const;

    std::vector<double> m_tokens;  ///< [windows]
    BootstrapSettings m_settings;
    std::vector<std::uint16_t> m_counts;    ///< [windows, resamples] draws of a window
    std::vector<double> m_resampledTokens;  ///< [resamples]
};

/// The `share` quantile (0..1) of `values`, linear between order statistics; NaN when empty.
double quantile(std::vector<double> values, double share);

}  // namespace gridscope
