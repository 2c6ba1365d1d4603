// SPDX-License-Identifier: GPL-3.0-or-later

// What is measured on one weight matrix, with and without a grid. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace gridscope {

inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::size_t kResidualBins = 64;

/// Statistics of a weight matrix alone (science.md 1.5); moments in double.
struct MatrixMoments {
    double mean = kNotMeasured;
    double sd = kNotMeasured;  ///< population
    double absmax = kNotMeasured;
    double kurtosis = kNotMeasured;          ///< excess, m4/m2^2 - 3, population
    double norm = kNotMeasured;              ///< Frobenius
    double rangeOverRmsMean = kNotMeasured;  ///< (max-min)/RMS per group of 128, mean over groups
    double rangeOverRmsP99 = kNotMeasured;   ///< same, 99th percentile
    double movement = kNotMeasured;  ///< |W - W_prev| / |W_prev|; not measured without predecessor
    // Central sums, so that matrices can be pooled: count, sum of (w-mean)^k.
    double count = 0, m2Sum = 0, m3Sum = 0, m4Sum = 0;
};

/// Statistics of one matrix on one grid (science.md 1.5).
struct GridStatistics {
    double sqnrDb = kNotMeasured;           ///< 10 log10(sum w^2 / sum (w-w')^2); inf if exact
    double meanAbsResidual = kNotMeasured;  ///< uniform 0.25
    double rmsResidual = kNotMeasured;      ///< uniform 0.2887
    double edgeMass = kNotMeasured;         ///< P(|r| > 0.4), uniform 0.2
    double codeEntropy = kNotMeasured;      ///< bits
    double exactGroups = kNotMeasured;      ///< share of groups left as they are
    double flipRate = kNotMeasured;         ///< share of weights whose code q changed
    double levelFlipRate = kNotMeasured;    ///< share whose level q - z changed
    double zeroPointChange = kNotMeasured;  ///< share of groups whose zero-point changed
    double scaleChange = kNotMeasured;      ///< mean over groups of |s - s_prev| / s_prev
    double weightEnergy = 0;                ///< sum w^2, to pool SQNR over matrices
    double errorEnergy = 0;                 ///< sum (w - w')^2
    std::uint64_t codeFlips = 0, levelFlips = 0, compared = 0;     ///< counts behind the rates
    std::array<std::uint32_t, kResidualBins> residualHistogram{};  ///< bin = floor((r+0.5)*64)
    std::vector<std::uint32_t> codeHistogram;  ///< [2^bits]; symmetric code k at k + 2^(bits-1)
};

}  // namespace gridscope
